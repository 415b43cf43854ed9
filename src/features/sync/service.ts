import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type Project } from "../../db/generated/prisma/client.js";
import type { EncodedList } from "../../db/row-codec.js";
import { limitBound } from "../../db/statement.js";
import { AppError } from "../../core/errors/app-error.js";
import { pagesOf } from "../../platform/paging.js";
import { accessibleKeys, sharedKeys } from "../projects/access.js";
import { projectRow } from "../projects/row.js";
import type { ProjectService } from "../projects/service.js";
import { toOrdering, type Position } from "../sessions/order.js";
import { sessionSize, sessionSummary, type SessionSize, type SessionSummary } from "../sessions/row.js";

export type SyncService = ReturnType<typeof createSyncService>;

type Dependencies = { readonly query: Query; readonly projects: ProjectService };
type SummaryPage = { readonly after?: Position | undefined; readonly isResumable: boolean; readonly limit: number };

/** The number of rows that are read at once of a list that may be long. */
const PAGE = 500;

const newest = toOrdering("CREATED_AT_DESC");
const isResumable = Prisma.sql`s."sessionDataSize" > 0`;
/** Takes the first rows of an ordered SELECT. */
const firstOf = (ordered: Prisma.Sql, limit: number) =>
  Prisma.sql`(SELECT * FROM (${ordered} LIMIT ${Prisma.raw(String(limitBound(limit)))}) s LIMIT ${limit})`;
const afterPosition = (after: Position | undefined) => (after === undefined ? Prisma.sql`TRUE` : newest.after(after));

/** Serves clients that synchronize sessions with the server: lists of sessions, whole or in part, and their sizes. */
export function createSyncService(dependencies: Dependencies) {
  return { ...createRecentSessions(dependencies), ...createProjectSessions(dependencies), ...createResumableProjects(dependencies) };
}

function createRecentSessions({ query }: Dependencies) {
  return {
    /** Reads the newest sessions of all projects that a user may see, and the number of all sessions. */
    async recent(principal: Principal, limit: number): Promise<{ sessions: SessionSummary[]; total: number }> {
      requireScope(principal, "sessions:read");
      const newestOf = (owner: Prisma.Sql) =>
        firstOf(Prisma.sql`SELECT s.* FROM "Session" s WHERE ${owner} ORDER BY ${newest.ofOneOwner}`, limit);
      const statement = Prisma.sql`
        SELECT ${sessionSummary.list},
          (SELECT COALESCE(sum("sessionCount"), 0)::int FROM "Project" WHERE "key" IN (${accessibleKeys(principal)})) AS "total"
        FROM (
          SELECT * FROM (
            ${newestOf(Prisma.sql`s."ownerId" = ${principal.userId}::uuid`)}
            UNION ALL (SELECT s.* FROM (${sharedKeys(principal)}) k("key") CROSS JOIN LATERAL ${newestOf(Prisma.sql`s."projectKey" = k."key"`)} s)
          ) s ORDER BY ${newest.orderBy} LIMIT ${limit}
        ) s`;
      const rows = await query<EncodedList & { readonly total: number }>(statement, principal.deadline);
      return { sessions: sessionSummary.readAll(rows), total: rows[0]?.total ?? 0 };
    },
  };
}

function createProjectSessions({ query, projects }: Dependencies) {
  async function readPage(principal: Principal, projectKey: bigint, page: SummaryPage): Promise<SessionSummary[]> {
    const ordered = Prisma.sql`SELECT s.* FROM "Session" s
      WHERE s."projectKey" = ${projectKey} AND ${page.isResumable ? isResumable : Prisma.sql`TRUE`} AND ${afterPosition(page.after)}
      ORDER BY ${newest.ofOneOwner}`;
    const statement = Prisma.sql`SELECT ${sessionSummary.list} FROM ${firstOf(ordered, page.limit)} s`;
    return sessionSummary.readAll(await query<EncodedList>(statement, principal.deadline));
  }

  async function countResumable(principal: Principal, projectKey: bigint): Promise<number> {
    const statement = Prisma.sql`SELECT count(*)::int AS "total" FROM "Session" s WHERE s."projectKey" = ${projectKey} AND ${isResumable}`;
    const [counted] = await query<{ total: number }>(statement, principal.deadline);
    return counted?.total ?? 0;
  }

  async function findProject(principal: Principal, projectId: string): Promise<Project> {
    requireScope(principal, "sessions:read");
    return projects.find(principal, projectId);
  }

  /** Finds a project. Returns null if the user cannot reach it. */
  async function findReachable(principal: Principal, projectId: string): Promise<Project | null> {
    try {
      return await findProject(principal, projectId);
    } catch (error) {
      if (error instanceof AppError && (error.reason === "RESOURCE_NOT_FOUND" || error.reason === "ACCESS_DENIED")) return null;
      throw error;
    }
  }

  return {
    /** Reads a part of a project's sessions, the newest first, and the number of all. */
    async page(principal: Principal, projectId: string, page: SummaryPage): Promise<{ sessions: SessionSummary[]; total: number }> {
      const { key, sessionCount } = await findProject(principal, projectId);
      const sessions = await readPage(principal, key, page);
      return { sessions, total: page.isResumable ? await countResumable(principal, key) : sessionCount };
    },

    /** Reads all sessions of a project, the newest first, in pages that are read on demand. */
    async all(principal: Principal, projectId: string, onlyResumable: boolean): Promise<AsyncGenerator<SessionSummary[]>> {
      const { key } = await findProject(principal, projectId);
      return pagesOf(PAGE, (last?: SessionSummary) =>
        readPage(principal, key, { after: last && newest.positionOf(last), isResumable: onlyResumable, limit: PAGE }),
      );
    },

    /** Reads the sizes of a project's sessions. A project that the user cannot reach has none. */
    async *sizes(principal: Principal, projectId: string): AsyncGenerator<SessionSize[]> {
      const project = await findReachable(principal, projectId);
      if (project === null) return;
      yield* pagesOf(PAGE, async (last?: SessionSize) => {
        const after = last && { value: last.createdAt.toISOString(), id: last.id };
        const ordered = Prisma.sql`
          SELECT s.* FROM "Session" s WHERE s."projectKey" = ${project.key} AND ${afterPosition(after)} ORDER BY ${newest.ofOneOwner}`;
        const statement = Prisma.sql`SELECT ${sessionSize.list} FROM ${firstOf(ordered, PAGE)} s`;
        return sessionSize.readAll(await query<EncodedList>(statement, principal.deadline));
      });
    },
  };
}

function createResumableProjects({ query }: Dependencies) {
  async function readPage(principal: Principal, keys: readonly bigint[], last?: SessionSummary): Promise<SessionSummary[]> {
    const after =
      last === undefined
        ? Prisma.sql`TRUE`
        : Prisma.sql`(s."projectKey" < ${last.projectKey} OR (s."projectKey" = ${last.projectKey} AND ${newest.after(newest.positionOf(last))}))`;
    const ordered = Prisma.sql`
      SELECT s.* FROM "Session" s WHERE s."projectKey" = ANY(${keys}::bigint[]) AND ${isResumable} AND ${after}
      ORDER BY s."projectKey" DESC, ${newest.ofOneOwner}`;
    const statement = Prisma.sql`SELECT ${sessionSummary.list} FROM ${firstOf(ordered, PAGE)} s`;
    return sessionSummary.readAll(await query<EncodedList>(statement, principal.deadline));
  }

  return {
    /** Reads all projects with sessions that can be resumed, and these sessions, project by project. */
    async resumable(principal: Principal): Promise<{ projects: Project[]; sessions: AsyncGenerator<SessionSummary[]> }> {
      requireScope(principal, "projects:read");
      requireScope(principal, "sessions:read");
      const statement = Prisma.sql`SELECT ${projectRow.list} FROM (
        SELECT p.* FROM "Project" p WHERE p."key" IN (${accessibleKeys(principal)})
          AND EXISTS (SELECT FROM "Session" s WHERE s."projectKey" = p."key" AND ${isResumable}) ORDER BY p."key" DESC) p`;
      const projects = projectRow.readAll(await query<EncodedList>(statement, principal.deadline));
      const keys = projects.map(({ key }) => key);
      return { projects, sessions: pagesOf(PAGE, (last?: SessionSummary) => readPage(principal, keys, last)) };
    },
  };
}
