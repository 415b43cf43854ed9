import { z } from "zod";
import type { Project } from "../db/generated/prisma/client.js";
import { flagText } from "../rest/query.js";
import { success, streamJson, toMembers } from "../rest/answer.js";
import { defineRoute } from "../rest/route.js";
import { envelope, isoTime } from "../rest/shapes.js";
import { sessionSummaryShape } from "../sessions/rest-shapes.js";
import { listedProjectShape, projectShape, toListedProject, toProject } from "./rest-shapes.js";
import { projectIdText, updateProjectFields } from "./input.js";
import { resumableProjects } from "./rest-resumable.js";

const params = z.object({ projectId: projectIdText });

export const projectRoutes = [
  defineRoute({
    method: "GET",
    path: "/projects",
    summary: "All projects that you can see, the newest first",
    access: "key",
    query: z.object({ resumable: flagText.describe("Only projects with sessions that can be resumed, with these sessions") }),
    answers: {
      200: {
        description: "The projects",
        content: {
          "application/json": envelope(
            z.object({
              projects: z.array(listedProjectShape.extend({ sessions: z.array(sessionSummaryShape).optional() })),
              total: z.int(),
            }),
          ),
        },
      },
    },
    handle: async ({ query, principal, services, state }) => {
      if (query.resumable) return streamJson(resumableProjects(await services.sync.resumable(principal)), state.log);
      return streamJson(listProjects(services.projects.all(principal)), state.log);
    },
  }),
  defineRoute({
    method: "PATCH",
    path: "/projects/{projectId}",
    summary: "Change the name, icon or colour of a project",
    access: "key",
    params,
    body: updateProjectFields,
    answers: {
      200: {
        description: "What was changed",
        content: { "application/json": envelope(projectShape.pick({ name: true, icon: true, color: true }).partial()) },
      },
    },
    async handle({ params: { projectId }, body, principal, services }) {
      const project = await services.projects.update(principal, { id: projectId, ...body });
      const changed = Object.keys(body) as (keyof typeof body)[]; // the keys that the schema let through
      return success(Object.fromEntries(changed.map((name) => [name, project[name]])));
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/projects/{projectId}",
    summary: "Delete a project with all its sessions",
    access: "key",
    params,
    answers: {
      200: {
        description: "The project as it was",
        content: { "application/json": envelope(z.object({ deletedProject: projectShape, deletedAt: isoTime })) },
      },
    },
    async handle({ params: { projectId }, principal, services }) {
      const { project, deletedAt } = await services.projects.remove(principal, projectId);
      return success({ deletedProject: toProject(project), deletedAt: deletedAt.toISOString() });
    },
  }),
];

type Pages = AsyncIterable<readonly Project[]>;

async function* listProjects(pages: Pages): AsyncGenerator<string> {
  let total = 0;
  yield '{"success":true,"data":{"projects":[';
  yield* toMembers(pages, (project) => {
    total += 1;
    return JSON.stringify(toListedProject(project));
  });
  yield `],"total":${total}}}`;
}
