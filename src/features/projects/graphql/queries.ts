import { z } from "zod";
import { parseInput } from "../../../core/errors/parse-input.js";
import type { Project } from "../../../db/generated/prisma/client.js";
import { builder } from "../../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../../kits/graphql/connections.js";
import { caller } from "../../../kits/graphql/context.js";
import { encodeCursor } from "../../../platform/cursor.js";
import { pageInput } from "../../../platform/paging.js";
import { timeText } from "../../../platform/time.js";
import { projectIdText } from "../input.js";
import { lookAheadAtProjects } from "./look-ahead.js";
import { toProjectCursor, type ProjectCursor } from "../list-projects.js";
import { ownerDigest } from "../owner-digest.js";
import { ProjectType } from "./type.js";

const projectCursor = z
  .tuple([timeText, projectIdText, ownerDigest])
  .transform(([createdAt, id, owner]): ProjectCursor => ({ createdAt, id, owner }));

// Zod compiles a schema when it is first used, so schemas are made once and not for each request.
const listInput = pageInput(100);
const connectionInput = pageArguments(projectCursor);

builder.queryFields((t) => ({
  projects: t.field({
    type: [ProjectType],
    description: "The own projects and those shared with you, the newest first.",
    args: {
      limit: t.arg.int({ defaultValue: 100, description: "At most this many, 1 to 200." }),
      offset: t.arg.int({ defaultValue: 0, description: "Skips this many." }),
    },
    resolve(_root, args, context, info) {
      const principal = caller(context);
      const page = parseInput(listInput, args);
      const { selection, mark } = lookAheadAtProjects(info, principal);
      return context.services.projects.list(principal, page, selection).then((projects) => projects.map(mark));
    },
  }),
  projectsConnection: t.connection(
    {
      type: ProjectType,
      description: "The same as a Relay connection: pages that stay stable while projects are made and deleted.",
      resolve: (_root, args, context, info) => {
        const principal = caller(context);
        const page = parseInput(connectionInput, args);
        const { selection, mark } = lookAheadAtProjects(info, principal, true);
        return toConnection<Project, ProjectCursor>(page, {
          encode(project) {
            const { createdAt, id, owner } = toProjectCursor(project);
            return encodeCursor([createdAt, id, owner]);
          },
          load: async (bounds, limit) => (await context.services.projects.page(principal, bounds, { limit, selection })).map(mark),
        });
      },
    },
    { name: "ProjectConnection", description: "A page of projects." },
    { name: "ProjectEdge", description: "A project with its place in the list." },
  ),
  project: t.field({
    type: ProjectType,
    description: "One project. The id means your own project first, then one that is shared with you.",
    args: { id: t.arg.id({ required: true, description: "The id of the project." }) },
    resolve(_root, args, context, info) {
      const principal = caller(context);
      const id = parseInput(projectIdText, args.id, ["id"]);
      const { selection, mark } = lookAheadAtProjects(info, principal);
      return context.services.projects.get(principal, id, selection).then(mark);
    },
  }),
}));
