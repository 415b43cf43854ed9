import { z } from "zod";
import { encodeCursor, cursorText, formerKey } from "../../platform/cursor.js";
import { MOST_ITEMS } from "../../platform/paging.js";
import { timeText } from "../../platform/time.js";
import { projectIdText } from "../projects/input.js";
import { streamJson, success, toMembers } from "../../kits/rest/answer.js";
import { countText, flagText } from "../../kits/rest/query.js";
import { defineRoute } from "../../kits/rest/route.js";
import { envelope } from "../../kits/rest/shapes.js";
import { toOrdering } from "../sessions/order.js";
import { sessionSummaryShape, toSessionSummary } from "../sessions/rest-shapes.js";
import type { SessionSize, SessionSummary } from "../sessions/row.js";

const USUAL_PAGE = 100;
const MOST_RECENT = 100;
const USUAL_RECENT = 5;

const cursor = z.tuple([timeText, z.guid(), formerKey.optional()]).transform(([value, id]) => ({ value, id }));

/** Makes the cursor of a session's position in the list of the newest. */
function toCursor(session: SessionSummary): string {
  const { value, id } = toOrdering("CREATED_AT_DESC").positionOf(session);
  return encodeCursor([value, id]);
}

const params = z.object({ projectId: projectIdText });

export const sessionListRoutes = [
  defineRoute({
    method: "GET",
    path: "/projects/{projectId}/sessions",
    summary: "The sessions of a project, the newest first: all of them, or a page where limit or cursor is given",
    access: "key",
    params,
    query: z.object({
      resumable: flagText.describe("Only sessions with session data"),
      limit: countText(1, MOST_ITEMS).optional(),
      cursor: cursorText(cursor).optional().describe("nextCursor of the page before"),
    }),
    answers: {
      200: {
        description: "The sessions",
        content: {
          "application/json": envelope(
            z.object({
              sessions: z.array(sessionSummaryShape),
              total: z.int(),
              projectId: z.string(),
              nextCursor: z.string().nullable().optional().describe("Null on the last page; absent where there are no pages"),
            }),
          ),
        },
      },
    },
    async handle({ params: { projectId }, query, principal, services, state, operation }) {
      const isResumable = query.resumable;
      if (query.limit === undefined && query.cursor === undefined) {
        return streamJson(listSessions(await services.sync.all(principal, projectId, isResumable), projectId), {
          log: state.log,
          operation,
        });
      }
      const limit = query.limit ?? USUAL_PAGE;
      const { sessions, total } = await services.sync.page(principal, projectId, { after: query.cursor, isResumable, limit: limit + 1 });
      const page = sessions.slice(0, limit);
      const last = sessions.length > limit ? page.at(-1) : undefined;
      return success({ sessions: page.map(toSessionSummary), total, projectId, nextCursor: last === undefined ? null : toCursor(last) });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/projects/{projectId}/sessions/sizes",
    summary: "How large each session of a project is; nothing for a project that you cannot reach",
    access: "key",
    params,
    answers: {
      200: {
        description: "Bytes of the Markdown by session id, and of the session data by id and `:sessionData` where there is any",
        content: { "application/json": envelope(z.object({ sessions: z.record(z.string(), z.int()) })) },
      },
    },
    handle: ({ params: { projectId }, principal, services, state, operation }) =>
      streamJson(listSizes(services.sync.sizes(principal, projectId)), { log: state.log, operation }),
  }),
  defineRoute({
    method: "GET",
    path: "/sessions/recent",
    summary: "The newest sessions of all projects that you can see",
    access: "key",
    query: z.object({ limit: countText(1, MOST_RECENT).optional() }),
    answers: {
      200: {
        description: "The sessions, and how many there are in all",
        content: { "application/json": envelope(z.object({ sessions: z.array(sessionSummaryShape), total: z.int() })) },
      },
    },
    async handle({ query, principal, services }) {
      const { sessions, total } = await services.sync.recent(principal, query.limit ?? USUAL_RECENT);
      return success({ sessions: sessions.map(toSessionSummary), total });
    },
  }),
];

async function* listSessions(pages: AsyncIterable<readonly SessionSummary[]>, projectId: string): AsyncGenerator<string> {
  let total = 0;
  yield '{"success":true,"data":{"sessions":[';
  yield* toMembers(pages, (session) => {
    total += 1;
    return JSON.stringify(toSessionSummary(session));
  });
  yield `],"total":${total},"projectId":${JSON.stringify(projectId)}}}`;
}

async function* listSizes(pages: AsyncIterable<readonly SessionSize[]>): AsyncGenerator<string> {
  yield '{"success":true,"data":{"sessions":{';
  yield* toMembers(pages, ({ id, markdownSize, sessionDataSize }) => {
    const resumable = sessionDataSize > 0 ? `,"${id}:sessionData":${sessionDataSize}` : "";
    return `"${id}":${markdownSize}${resumable}`;
  });
  yield "}}}";
}
