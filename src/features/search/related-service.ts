import type { FieldBudget } from "../../core/auth/field-budget.js";
import { countRead, requireScope, type Principal } from "../../core/auth/principal.js";
import type { AppError } from "../../core/errors/app-error.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { sharedKeys } from "../projects/access.js";
import { sessionRow, type SessionRow } from "../sessions/row.js";

export type RelatedSession = SessionRow & { readonly relatedTo: bigint; readonly similarity: number };

/** The related sessions of those sessions for which the budget sufficed, and the error for the others. */
export type RelatedSessions = { readonly of: ReadonlyMap<bigint, RelatedSession[]>; readonly rejection: AppError | null };

/** The number of sessions before and after a session that are compared with it. */
const NEAR_IN_PROJECT = 150;
const NEAR_ANYWHERE = 150;
const NEAR_IN_EACH_SHARED = 25;

/** The most sessions that one statement compares with others: it takes some ten milliseconds for each. */
const AT_ONCE = 40;

/** SQL for the words, tags and branches by which a session is compared. */
const featuresOf = (session: string) =>
  Prisma.raw(`SELECT DISTINCT unnest(${session}."keywords" || ${session}."tags" || ${session}."gitBranches") AS "feature"`);

/** Finds sessions about similar subjects. */
export function createRelatedService({ query, searchBudget }: { readonly query: Query; readonly searchBudget: FieldBudget }) {
  return {
    /**
     * Finds, for each of several sessions, the sessions that share most of its typical words, tags and branches. The
     * similarity is the number of common ones divided by the number of all of both (Jaccard's index). Only the sessions nearest
     * in time are compared, of the session's project and of all others: comparing every session would cost too much. Each session
     * that is compared with others is a search, though one statement compares several.
     */
    async relatedTo(principal: Principal, sessions: readonly bigint[], limit: number): Promise<RelatedSessions> {
      requireScope(principal, "sessions:read");
      const { granted, rejection } = await searchBudget.take(principal, sessions.length);
      const keys = sessions.slice(0, granted);
      const of = new Map<bigint, RelatedSession[]>(keys.map((key) => [key, []]));
      if (granted === 0) return { of, rejection };
      for (let start = 0; start < granted; start += AT_ONCE) {
        const statement = compare(principal, keys.slice(start, start + AT_ONCE), limit);
        const found = await query<Encoded<{ relatedTo: bigint; similarity: number }>>(statement, principal.deadline);
        countRead(
          principal,
          found.reduce((sum, { row }) => sum + row.length, 0),
        );
        for (const related of found.map(sessionRow.read)) of.get(related.relatedTo)?.push(related);
      }
      return { of, rejection };
    },
  };
}

/** Makes the statement that finds the related sessions of some sessions. */
function compare(principal: Principal, keys: readonly bigint[], limit: number): Prisma.Sql {
  const near = (within: Prisma.Sql, count: number) => Prisma.sql`
    (SELECT s.* FROM "Session" s WHERE ${within} AND s."createdAt" < o."createdAt" ORDER BY s."createdAt" DESC LIMIT ${count})
    UNION ALL (SELECT s.* FROM "Session" s WHERE ${within} AND s."createdAt" >= o."createdAt" ORDER BY s."createdAt" LIMIT ${count})`;
  return Prisma.sql`
    SELECT ${sessionRow.column}, o."key" AS "relatedTo", s."similarity" FROM (
      SELECT s.*, ARRAY(${featuresOf("s")}) AS "features" FROM "Session" s WHERE s."key" = ANY(${[...keys]}::bigint[])
    ) o CROSS JOIN LATERAL (
      SELECT n.*, c."common"::float8 / (c."all" + cardinality(o."features") - c."common") AS "similarity" FROM (
        SELECT DISTINCT ON (s."key") s.* FROM (
          ${near(Prisma.sql`s."projectKey" = o."projectKey"`, NEAR_IN_PROJECT)}
          UNION ALL ${near(Prisma.sql`s."ownerId" = ${principal.userId}::uuid`, NEAR_ANYWHERE)}
          UNION ALL SELECT s.* FROM (${sharedKeys(principal)}) k("key")
            CROSS JOIN LATERAL (${near(Prisma.sql`s."projectKey" = k."key"`, NEAR_IN_EACH_SHARED)}) s
        ) s WHERE s."key" <> o."key"
      ) n CROSS JOIN LATERAL (
        SELECT count(*) AS "all", count(*) FILTER (WHERE f."feature" = ANY(o."features")) AS "common" FROM (${featuresOf("n")}) f
      ) c
      WHERE c."common" > 0
      ORDER BY "similarity" DESC, n."createdAt" DESC, n."key" DESC LIMIT ${limit}
    ) s ORDER BY s."similarity" DESC, s."createdAt" DESC, s."key" DESC`;
}
