import { z } from "zod";
import type { Project } from "../../db/generated/prisma/client.js";
import { streamJson, toMembers } from "../../kits/rest/answer.js";
import { flagText } from "../../kits/rest/query.js";
import { defineRoute } from "../../kits/rest/route.js";
import { envelope } from "../../kits/rest/shapes.js";
import { listedProjectShape, toListedProject } from "../projects/rest-shapes.js";
import { sessionSummaryShape } from "../sessions/rest-shapes.js";
import { resumableProjects } from "./resumable-projects.js";

export const projectListRoutes = [
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
    handle: async ({ query, principal, services, state, operation }) => {
      if (query.resumable) return streamJson(resumableProjects(await services.sync.resumable(principal)), { log: state.log, operation });
      return streamJson(listProjects(services.projects.all(principal)), { log: state.log, operation });
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
