import { z } from "zod";
import { success } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";
import { envelope, isoTime } from "../../kits/rest/shapes.js";
import { projectShape, toProject } from "./rest-shapes.js";
import { projectIdText, updateProjectFields } from "./input.js";

const params = z.object({ projectId: projectIdText });

export const projectRoutes = [
  defineRoute({
    method: "PATCH",
    path: "/projects/{projectId}",
    summary: "Change the name, icon or colour of a project",
    access: "key",
    scopes: ["projects:write"],
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
    summary: "Delete a project with all its sessions. Needs projects:write and sessions:write",
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
