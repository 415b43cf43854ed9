import { z } from "zod";
import { projectIdText } from "../projects/input.js";
import { streamJson, toMembers } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";
import { envelope } from "../../kits/rest/shapes.js";
import { sessionSummaryShape, toSessionSummary } from "../sessions/rest-shapes.js";
import { queryText } from "./input.js";
import type { ResumableMatch } from "./resume-service.js";

const match = sessionSummaryShape.extend({
  projectName: z.string().nullable().describe("Null for a key without projects:read"),
  snippet: z.string().describe("The place of the first match, what matches between U+0002 and U+0003"),
});

export const searchRoutes = [
  defineRoute({
    method: "POST",
    path: "/search/resume",
    summary: "Search as you type among the sessions that can be resumed, the newest first: every word must match, each as a beginning",
    access: "key",
    scopes: ["sessions:read"],
    body: z.object({ query: queryText, projectId: projectIdText.nullish() }),
    answers: {
      200: { description: "Every match", content: { "application/json": envelope(z.object({ results: z.array(match) })) } },
    },
    handle: ({ body, principal, services, state, operation }) =>
      streamJson(listMatches(services.resumeSearch.search(principal, body.query, body.projectId)), { log: state.log, operation }),
  }),
];

async function* listMatches(pages: AsyncIterable<readonly ResumableMatch[]>): AsyncGenerator<string> {
  yield '{"success":true,"data":{"results":[';
  yield* toMembers(pages, (found) => {
    const { projectName, snippet } = found;
    return JSON.stringify({ ...toSessionSummary(found), projectName, snippet });
  });
  yield "]}}";
}
