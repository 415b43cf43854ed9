import type { FieldBudget } from "../../core/auth/field-budget.js";
import { requireScope, seesProjects, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { pagesOf } from "../../platform/paging.js";
import { accessibleKeys, keysOfIds } from "../projects/access.js";
import { decodeContent } from "../sessions/content-codec.js";
import { toOrdering } from "../sessions/order.js";
import { sessionSummary, type SessionSummary } from "../sessions/row.js";
import { parsePrefixQuery } from "../sessions/search-query.js";
import { createPrefixMarker, matchPattern, SEARCHED_CHARACTERS, SNIPPET_CHARACTERS, SNIPPET_LEAD } from "./snippet.js";

export type ResumableMatch = SessionSummary & { readonly projectName: string | null; readonly snippet: string };

/** A page is small, because the content of each match is read, to show where it matches. */
const PAGE = 50;

const newest = toOrdering("CREATED_AT_DESC");

/** Searches while a person types, among the sessions that can be resumed. */
export function createResumeSearchService({ query, searchBudget }: { readonly query: Query; readonly searchBudget: FieldBudget }) {
  return {
    /** Finds every match, the newest first, in pages that are read on demand. Nothing matches a query without words. */
    async *search(principal: Principal, words: string, projectId?: string | null): AsyncGenerator<ResumableMatch[]> {
      requireScope(principal, "sessions:read");
      const { text, wanted } = parsePrefixQuery(words);
      if (text === "") return;
      await searchBudget.charge(principal);
      const projectName = seesProjects(principal) ? Prisma.sql`p."name"` : Prisma.sql`NULL::text`;
      const keys = projectId == null ? accessibleKeys(principal) : keysOfIds(principal, [projectId]);
      const markWords = createPrefixMarker(wanted);
      const matchOffset = Prisma.sql`regexp_instr(left(c."markdown", ${SEARCHED_CHARACTERS}::int), ${matchPattern(wanted, "prefix")}, 1, 1, 0, 'i')`;
      yield* pagesOf(PAGE, async (last?: ResumableMatch) => {
        const beyond = last === undefined ? Prisma.sql`TRUE` : newest.afterOf(Prisma.sql`${last.ownerId}::uuid`, newest.positionOf(last));
        const statement = Prisma.sql`
          SELECT ${sessionSummary.column}, ${projectName} AS "projectName",
            substr(c."markdown", GREATEST(1, ${matchOffset} - ${SNIPPET_LEAD}::int), ${SNIPPET_CHARACTERS}::int) AS "excerpt"
          FROM (
            SELECT s.* FROM "Session" s JOIN "SessionSearch" d ON d."sessionKey" = s."key"
            WHERE d."document" @@ to_tsquery('simple', ${text}) AND s."sessionDataSize" > 0 AND s."projectKey" IN (${keys}) AND ${beyond}
            ORDER BY ${newest.orderBy} LIMIT ${PAGE}
          ) s JOIN "Project" p ON p."key" = s."projectKey" JOIN "SessionContent" c ON c."sessionKey" = s."key" ORDER BY ${newest.orderBy}`;
        const rows = await query<Encoded<{ projectName: string | null; excerpt: string }>>(statement, principal.deadline);
        return rows.map(sessionSummary.read).map(({ excerpt, ...match }) => ({ ...match, snippet: markWords(decodeContent(excerpt)) }));
      });
    },
  };
}
