import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import type { Clock } from "../../platform/clock.js";
import { accessibleKeys } from "../projects/access.js";
import { decodeContent } from "../sessions/content-codec.js";
import { toCondition, toProjectKeys } from "../sessions/filters.js";
import { sessionRow, type SessionRow } from "../sessions/row.js";
import { parseQuery } from "../sessions/search-query.js";
import type { SearchInput } from "./input.js";
import { makeSnippet, matchPattern, SEARCHED_CHARACTERS, SNIPPET_CHARACTERS, SNIPPET_LEAD } from "./snippet.js";

export type SearchResult = SessionRow & { readonly rank: number; readonly snippet: string };
export type SearchResults = { readonly total: number; readonly results: readonly SearchResult[] };

type Dependencies = { readonly query: Query; readonly clock: Clock };

type Hit = { readonly rank: number; readonly total: bigint; readonly excerpt: string };

/**
 * Full-text search over name, tags and content. The query has the syntax of web search engines: words that must all
 * occur, "a phrase", or, -without.
 */
export function createSearchService({ query: run, clock }: Dependencies) {
  return {
    async search(principal: Principal, { query, filters, limit }: SearchInput): Promise<SearchResults> {
      requireScope(principal, "sessions:read");
      const { text, wanted } = parseQuery(query);
      // Each word counts by the best position it has, so a match in the name outdoes any number of them in the content.
      const words = wanted
        .flat()
        .map((word) => `"${word}"`)
        .join(" or ");
      // Found in the database, so that no content is read to be thrown away.
      const matchOffset = Prisma.sql`regexp_instr(left(c."markdown", ${SEARCHED_CHARACTERS}::int), ${matchPattern(wanted)}, 1, 1, 0, 'i')`;
      const statement = Prisma.sql`
        WITH hits AS MATERIALIZED (
          SELECT s."key", ts_rank(d."document", websearch_to_tsquery('simple', ${words}), 32) AS "rank", s."createdAt"
          FROM "SessionSearch" d JOIN "Session" s ON s."key" = d."sessionKey"
          WHERE d."document" @@ websearch_to_tsquery('simple', ${text})
            AND s."projectKey" IN (${toProjectKeys(filters, principal) ?? accessibleKeys(principal)}) AND ${toCondition(filters, clock.now())}
        ), best AS (
          SELECT * FROM hits ORDER BY "rank" DESC, "createdAt" DESC, "key" DESC LIMIT ${limit}
        )
        SELECT ${sessionRow.column}, b."rank"::float8, (SELECT count(*) FROM hits) AS "total",
          substr(c."markdown", GREATEST(1, ${matchOffset} - ${SNIPPET_LEAD}::int), ${SNIPPET_CHARACTERS}::int) AS "excerpt"
        FROM best b JOIN "Session" s ON s."key" = b."key" JOIN "SessionContent" c ON c."sessionKey" = b."key"
        ORDER BY b."rank" DESC, b."createdAt" DESC, b."key" DESC`;
      const hits = await run<Encoded<Hit>>(statement, principal.deadline);
      const results = hits
        .map(sessionRow.read)
        .map(({ excerpt, ...hit }) => ({ ...hit, snippet: makeSnippet(decodeContent(excerpt), wanted) }));
      return { total: Number(hits[0]?.total ?? 0), results };
    },
  };
}
