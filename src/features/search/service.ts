import type { FieldBudget } from "../../core/auth/field-budget.js";
import { countRead, requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { createTemplates, Parameter, toTemplate, type StatementTemplate } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import { accessibleKeys } from "../projects/access.js";
import { decodeContent } from "../sessions/content-codec.js";
import { toCondition, toProjectKeys } from "../sessions/filters.js";
import type { SessionRow } from "../sessions/row.js";
import { parseQuery } from "../sessions/search-query.js";
import { wholeSession, type SessionSelection } from "../sessions/selection.js";
import type { SearchInput } from "./input.js";
import { createWordMarker, matchPattern, SEARCHED_CHARACTERS, SNIPPET_CHARACTERS, SNIPPET_LEAD } from "./snippet.js";

export type SearchResult = SessionRow & { readonly rank: number; readonly snippet: string };
export type SearchResults = { readonly total: number; readonly results: readonly SearchResult[] };

type Dependencies = { readonly query: Query; readonly clock: Clock; readonly searchBudget: FieldBudget };

/** How many sessions match, and the best of them as JSON, since a driver takes rows apart column by column. */
type Found = { readonly total: number; readonly hits: string };
type Hit = readonly [session: unknown, rank: number, excerpt: string];

/** The parts of the statement that do not depend on the words of a search. */
type Scope = { readonly selection: SessionSelection; readonly projectKeys: Prisma.Sql; readonly condition: Prisma.Sql };

const [userId, text, rankedBy] = [new Parameter("userId"), new Parameter("text"), new Parameter("rankedBy")];
const [pattern, limit] = [new Parameter("pattern"), new Parameter("limit")];

/**
 * Full-text search over name, tags and content. The query has the syntax of web search engines: words that must all
 * occur, "a phrase", or, -without.
 */
export function createSearchService({ query: run, clock, searchBudget }: Dependencies) {
  const templateOf = createTemplates();

  /** Makes the statement's template. Without filters its text depends only on the selection, so that it is composed once for each. */
  function templateFor(principal: Principal, filters: SearchInput["filters"], selection: SessionSelection): StatementTemplate {
    if (filters == null) {
      const everywhere = { projectKeys: accessibleKeys({ userId }), condition: Prisma.sql`TRUE` };
      return templateOf(selection.variant, () => composeSearch({ selection, ...everywhere }));
    }
    const projectKeys = toProjectKeys(filters, principal) ?? accessibleKeys(principal);
    return toTemplate(composeSearch({ selection, projectKeys, condition: toCondition(filters, clock.now()) }));
  }

  return {
    async search(principal: Principal, { query, filters, limit }: SearchInput, selection = wholeSession): Promise<SearchResults> {
      requireScope(principal, "sessions:read");
      await searchBudget.charge(principal);
      const { text, wanted } = parseQuery(query);
      const args = { userId: principal.userId, text, rankedBy: anyOf(wanted), pattern: matchPattern(wanted), limit };
      const [found] = await run<Found>(templateFor(principal, filters, selection)(args), principal.deadline);
      const markWords = createWordMarker(wanted);
      countRead(principal, found?.hits.length ?? 0);
      const hits = JSON.parse(found?.hits ?? "[]") as Hit[]; // what composeSearch selects
      const results = hits.map(([session, rank, excerpt]) => {
        return Object.assign(selection.codec.readValue(session), { rank, snippet: markWords(decodeContent(excerpt)) });
      });
      return { total: found?.total ?? 0, results };
    },
  };
}

/** Each word counts by its best position, so that a match in the name outranks any number of matches in the content. */
function anyOf(phrases: readonly (readonly string[])[]): string {
  const words = phrases.flat().map((word) => `"${word}"`);
  return words.join(" or ");
}

function composeSearch({ selection, projectKeys, condition }: Scope): Prisma.Sql {
  // The database cuts the excerpt out, so that no whole content is read.
  const matchOffset = Prisma.sql`regexp_instr(left(c."markdown", ${SEARCHED_CHARACTERS}::int), ${pattern}, 1, 1, 0, 'i')`;
  const excerpt = Prisma.sql`substr(c."markdown", GREATEST(1, ${matchOffset} - ${SNIPPET_LEAD}::int), ${SNIPPET_CHARACTERS}::int)`;
  return Prisma.sql`
    WITH hits AS MATERIALIZED (
      SELECT s."key", ts_rank(d."document", websearch_to_tsquery('simple', ${rankedBy}), 32) AS "rank", s."createdAt"
      FROM "SessionSearch" d JOIN "Session" s ON s."key" = d."sessionKey"
      WHERE d."document" @@ websearch_to_tsquery('simple', ${text})
        AND s."projectKey" IN (${projectKeys}) AND ${condition}
    ), best AS (
      SELECT * FROM hits ORDER BY "rank" DESC, "createdAt" DESC, "key" DESC LIMIT ${limit}
    )
    SELECT (SELECT count(*)::int FROM hits) AS "total",
      COALESCE(json_agg(json_build_array(${selection.codec.value}, b."rank"::float8, ${excerpt}) ORDER BY b."rank" DESC, b."createdAt" DESC, b."key" DESC), '[]')::text AS "hits"
    FROM best b JOIN "Session" s ON s."key" = b."key" JOIN "SessionContent" c ON c."sessionKey" = b."key"`;
}
