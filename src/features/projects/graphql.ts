import { z } from "zod";
import { parseInput } from "../../core/errors/parse-input.js";
import type { Project } from "../../db/generated/prisma/client.js";
import { builder } from "../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../kits/graphql/connections.js";
import { caller } from "../../kits/graphql/context.js";
import { encodeCursor, keyPart } from "../../platform/cursor.js";
import { pageInput } from "../../platform/paging.js";
import { timeText } from "../../platform/time.js";
import { projectColors, projectIcons, projectIdText } from "./input.js";
import { lookAheadAtProjects } from "./look-ahead.js";
import type { ProjectCursor } from "./service.js";

export const ProjectType = builder.prismaObject("Project", {
  description: "A project holds the sessions of one code base. Its id is unique among its owner's projects.",
  fields: (t) => ({
    id: t.exposeID("id", { nullable: false, description: "Given by the client that made the project; unique per owner." }),
    ownerId: t.expose("ownerId", { type: "UUID", nullable: false, description: "The user the project belongs to." }),
    name: t.exposeString("name", { nullable: false, description: "The name people see, 1 to 255 characters." }),
    icon: t.exposeString("icon", { nullable: false, description: `The icon it is shown with: ${projectIcons.join(", ")}.` }),
    color: t.exposeString("color", { nullable: false, description: `The colour it is shown in: ${projectColors.join(", ")}.` }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When the project was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", nullable: false, description: "When its name, icon or colour last changed." }),
    lastActivity: t.expose("lastActivity", {
      type: "DateTime",
      description: "When a session of it was last stored or deleted; null before the first.",
    }),
    sessionCount: t.exposeInt("sessionCount", { nullable: false, description: "How many sessions it has." }),
  }),
});

const projectCursor = z.tuple([timeText, keyPart]).transform(([createdAt, key]) => ({ createdAt, key }));

builder.queryFields((t) => ({
  projects: t.field({
    type: [ProjectType],
    description: "The own projects and those shared with you, the newest first.",
    args: {
      limit: t.arg.int({ defaultValue: 100, description: "At most this many, 1 to 200." }),
      offset: t.arg.int({ defaultValue: 0, description: "Skips this many." }),
    },
    async resolve(_root, args, context, info) {
      const principal = caller(context);
      const page = parseInput(pageInput(100), args);
      const { selection, mark } = lookAheadAtProjects(info, principal);
      return (await context.services.projects.list(principal, page, selection)).map(mark);
    },
  }),
  projectsConnection: t.connection(
    {
      type: ProjectType,
      description: "The same as a Relay connection: pages that stay stable while projects are made and deleted.",
      resolve: (_root, args, context, info) => {
        const principal = caller(context);
        const page = parseInput(pageArguments(projectCursor), args);
        const { selection, mark } = lookAheadAtProjects(info, principal, true);
        return toConnection<Project, ProjectCursor>(page, {
          encode: ({ createdAt, key }) => encodeCursor([createdAt.toISOString(), String(key)]),
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
    async resolve(_root, args, context, info) {
      const principal = caller(context);
      const id = parseInput(projectIdText, args.id, ["id"]);
      const { selection, mark } = lookAheadAtProjects(info, principal);
      return mark(await context.services.projects.get(principal, id, selection));
    },
  }),
}));
