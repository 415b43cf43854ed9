import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Clock } from "../../platform/clock.js";
import { accessibleKeys } from "../projects/access.js";

/** A span of time, both ends included. */
export type TimeRange = { readonly start: Date; readonly end: Date };

export type ProjectTotals = {
  readonly projectKey: bigint;
  readonly totalSessions: number;
  readonly totalMarkdownSize: number;
  readonly totalRawDataSize: number;
  readonly uniqueLLMModels: number;
  readonly uniqueGitBranches: number;
};
export type DayCount = { readonly projectKey: bigint; readonly date: string; readonly count: number };
export type TagCount = { readonly projectKey: bigint; readonly tag: string; readonly count: number };

type Dependencies = { readonly query: Query; readonly clock: Clock };

const DAY_MS = 86_400_000;

/** SQL for the UTC day on which a session was created, and for a day as text. */
const dayOfCreation = Prisma.sql`(s."createdAt" AT TIME ZONE 'UTC')::date`;
const dayText = Prisma.sql`to_char("day", 'YYYY-MM-DD')`;

/** Counts and sums over sessions. Days are UTC days of the sessions' creation. */
export function createAnalyticsService(dependencies: Dependencies) {
  return { ...createTotals(dependencies), ...createRangeCounts(dependencies), ...createProjectStats(dependencies) };
}

/**
 * Selects all sessions that a user may see, or those created in a span of time. It reads them project by project, by the
 * index over time.
 */
function visibleSessions(principal: Principal, range?: TimeRange): Prisma.Sql {
  const within = range === undefined ? Prisma.empty : Prisma.sql`AND s."createdAt" BETWEEN ${range.start} AND ${range.end}`;
  return Prisma.sql`(${accessibleKeys(principal)}) k("key")
      CROSS JOIN LATERAL (SELECT s.* FROM "Session" s WHERE s."projectKey" = k."key" ${within} OFFSET 0) s`;
}

/** Counts over all sessions that a user may see. */
function createTotals({ query, clock }: Dependencies) {
  return {
    async totals(principal: Principal): Promise<{ totalSessions: number; totalProjects: number; sessionsThisWeek: number }> {
      requireScope(principal, "sessions:read");
      const week = new Date(clock.now().getTime() - 7 * DAY_MS);
      const [row] = await query<{ totalSessions: number; totalProjects: number; sessionsThisWeek: number }>(
        Prisma.sql`
        SELECT COALESCE(sum("sessionCount"), 0)::int AS "totalSessions", count(*)::int AS "totalProjects", COALESCE(sum(w."recent"), 0)::int AS "sessionsThisWeek"
        FROM "Project" p CROSS JOIN LATERAL (SELECT count(*) AS "recent" FROM "Session" s WHERE s."projectKey" = p."key" AND s."createdAt" >= ${week}) w
        WHERE p."key" IN (${accessibleKeys(principal)})`,
        principal.deadline,
      );
      return row ?? { totalSessions: 0, totalProjects: 0, sessionsThisWeek: 0 };
    },

    async topModels(principal: Principal, limit: number): Promise<{ model: string; count: number }[]> {
      requireScope(principal, "sessions:read");
      return query(
        Prisma.sql`SELECT m AS "model", count(*)::int AS "count" FROM ${visibleSessions(principal)}, unnest(s."llmModels") m
        GROUP BY m ORDER BY count(*) DESC, m COLLATE "C" LIMIT ${limit}`,
        principal.deadline,
      );
    },
  };
}

/** Counts over the sessions of a span of time that a user may see. */
function createRangeCounts({ query }: Dependencies) {
  return {
    async rangeTotals(principal: Principal, range: TimeRange): Promise<{ totalSessions: number; totalProjects: number }> {
      requireScope(principal, "sessions:read");
      const [row] = await query<{ totalSessions: number; totalProjects: number }>(
        Prisma.sql`
        SELECT COALESCE(sum(p."sessions"), 0)::int AS "totalSessions", count(*)::int AS "totalProjects"
        FROM (SELECT count(*) AS "sessions" FROM ${visibleSessions(principal, range)} GROUP BY s."projectKey") p`,
        principal.deadline,
      );
      return row ?? { totalSessions: 0, totalProjects: 0 };
    },

    async byModel(principal: Principal, range: TimeRange): Promise<{ model: string; count: number; totalSize: number }[]> {
      requireScope(principal, "sessions:read");
      return query(
        Prisma.sql`SELECT m AS "model", count(*)::int AS "count", sum(s."markdownSize")::float8 AS "totalSize"
        FROM ${visibleSessions(principal, range)}, unnest(s."llmModels") m GROUP BY m ORDER BY count(*) DESC, m COLLATE "C" LIMIT 200`,
        principal.deadline,
      );
    },

    async byClient(principal: Principal, range: TimeRange): Promise<{ client: string; count: number; averageSize: number }[]> {
      requireScope(principal, "sessions:read");
      return query(
        Prisma.sql`SELECT s."clientName" AS "client", count(*)::int AS "count", avg(s."markdownSize")::float8 AS "averageSize"
        FROM ${visibleSessions(principal, range)} WHERE s."clientName" IS NOT NULL
        GROUP BY s."clientName" ORDER BY count(*) DESC, s."clientName" COLLATE "C" LIMIT 200`,
        principal.deadline,
      );
    },

    /** The days on which sessions were created, the latest 366 of them in ascending order. */
    async byDay(principal: Principal, range: TimeRange): Promise<{ date: string; sessions: number; projects: number }[]> {
      requireScope(principal, "sessions:read");
      return query(
        Prisma.sql`SELECT ${dayText} AS "date", "sessions", "projects" FROM (
          SELECT "day", sum(p."sessions")::int AS "sessions", count(*)::int AS "projects"
          FROM (SELECT ${dayOfCreation} AS "day", count(*) AS "sessions" FROM ${visibleSessions(principal, range)} GROUP BY 1, s."projectKey") p
          GROUP BY "day" ORDER BY "day" DESC LIMIT 366
        ) d ORDER BY "day"`,
        principal.deadline,
      );
    },
  };
}

/** Counts over the sessions of projects that the caller may see. */
function createProjectStats({ query, clock }: Dependencies) {
  /** Returns the start of a UTC day: 1 is today, 2 is yesterday. */
  function startOfDay(daysBack: number): Date {
    return new Date(Math.floor(clock.now().getTime() / DAY_MS) * DAY_MS - (daysBack - 1) * DAY_MS);
  }

  return {
    /** The totals of several projects at once. The caller may see the projects. */
    async ofProjects(principal: Principal, keys: readonly bigint[]): Promise<ProjectTotals[]> {
      requireScope(principal, "sessions:read");
      return query<ProjectTotals>(
        Prisma.sql`
        SELECT k."key" AS "projectKey", t.*,
          (SELECT count(DISTINCT m)::int FROM "Session" s, unnest(s."llmModels") m WHERE s."projectKey" = k."key") AS "uniqueLLMModels",
          (SELECT count(DISTINCT b)::int FROM "Session" s, unnest(s."gitBranches") b WHERE s."projectKey" = k."key") AS "uniqueGitBranches"
        FROM unnest(${[...keys]}::bigint[]) k("key") CROSS JOIN LATERAL (
          SELECT count(*)::int AS "totalSessions", COALESCE(sum("markdownSize"), 0)::float8 AS "totalMarkdownSize", COALESCE(sum("rawDataSize"), 0)::float8 AS "totalRawDataSize"
          FROM "Session" s WHERE s."projectKey" = k."key") t`,
        principal.deadline,
      );
    },

    /** The last `days` days of several projects, each day that has sessions. */
    async daysOfProjects(principal: Principal, keys: readonly bigint[], days: number): Promise<DayCount[]> {
      requireScope(principal, "sessions:read");
      return query<DayCount>(
        Prisma.sql`
        SELECT "projectKey", ${dayText} AS "date", "count" FROM (
          SELECT s."projectKey", ${dayOfCreation} AS "day", count(*)::int AS "count" FROM "Session" s
          WHERE s."projectKey" = ANY(${[...keys]}::bigint[]) AND s."createdAt" >= ${startOfDay(days)} GROUP BY 1, 2
        ) d ORDER BY "day"`,
        principal.deadline,
      );
    },

    /** The most frequent tags of several projects. */
    async tagsOfProjects(principal: Principal, keys: readonly bigint[], limit: number): Promise<TagCount[]> {
      requireScope(principal, "sessions:read");
      return query<TagCount>(
        Prisma.sql`SELECT k."key" AS "projectKey", t.* FROM unnest(${[...keys]}::bigint[]) k("key") CROSS JOIN LATERAL (
          SELECT tag, count(*)::int AS "count" FROM "Session" s, unnest(s."tags") tag WHERE s."projectKey" = k."key"
          GROUP BY tag ORDER BY count(*) DESC, tag COLLATE "C" LIMIT ${limit}) t`,
        principal.deadline,
      );
    },
  };
}
