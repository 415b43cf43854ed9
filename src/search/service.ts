import { requireScope, type Principal } from "../auth/principal.js";
import { Prisma, type PrismaClient } from "../db/generated/prisma/client.js";
import type { Clock } from "../platform/clock.js";
import { accessibleKeys } from "../projects/access.js";
import { decodeContent } from "../sessions/content-codec.js";
import { toCondition, type SessionFilters } from "../sessions/filters.js";
import { sessionColumns, type SessionRow } from "../sessions/row.js";
import { makeSnippet, SNIPPET_CHARACTERS, wantedWords } from "./snippet.js";

export type SearchService = ReturnType<typeof createSearchService>;
export type SearchResult = SessionRow & { readonly rank: number; readonly snippet: string };
export type SearchResults = { readonly total: number; readonly results: readonly SearchResult[] };

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock };
/** How far into a content the place of a match is looked for, to show it. */
const SEARCHED_CHARACTERS = 1_000_000;

type Hit = SessionRow & { readonly rank: number; readonly total: bigint; readonly excerpt: string };

/**
 * Full-text search over name, tags and content. The query has the syntax of web search engines: words that must all
 * occur, "a phrase", or, -without.
 */
export function createSearchService({ prisma, clock }: Dependencies) {
  return {
    async search(principal: Principal, query: string, filters: SessionFilters, limit: number): Promise<SearchResults> {
      requireScope(principal, "sessions:read");
      const words = wantedWords(query);
      // Where the first of the words stands in the content; found in the database, so that no content is read to be thrown away.
      const place = Prisma.sql`(SELECT min(NULLIF(strpos(l."text", w), 0)) FROM unnest(${words}::text[]) w)`;
      const hits = await prisma.$queryRaw<Hit[]>`
        WITH hits AS MATERIALIZED (
          SELECT s."key", ts_rank(d."document", q, 32) AS "rank", s."createdAt"
          FROM "searchQuery"(${query}) q JOIN "SessionSearch" d ON d."document" @@ q JOIN "Session" s ON s."key" = d."sessionKey"
          WHERE s."projectKey" IN (${accessibleKeys(principal)}) AND ${toCondition(filters, clock.now())}
        ), best AS (
          SELECT * FROM hits ORDER BY "rank" DESC, "createdAt" DESC, "key" DESC LIMIT ${limit}
        )
        SELECT ${sessionColumns}, b."rank"::float8, (SELECT count(*) FROM hits) AS "total",
          substr(c."markdown", GREATEST(1, COALESCE(${place}, 1) - 60)::int, ${SNIPPET_CHARACTERS}::int) AS "excerpt"
        FROM best b JOIN "Session" s ON s."key" = b."key" JOIN "SessionContent" c ON c."sessionKey" = b."key"
        CROSS JOIN LATERAL (SELECT lower(left(c."markdown", ${SEARCHED_CHARACTERS}::int)) AS "text" OFFSET 0) l
        ORDER BY b."rank" DESC, b."createdAt" DESC, b."key" DESC`;
      const results = hits.map(({ excerpt, ...hit }) => ({ ...hit, snippet: makeSnippet(decodeContent(excerpt), words) }));
      return { total: Number(hits[0]?.total ?? 0), results };
    },
  };
}
