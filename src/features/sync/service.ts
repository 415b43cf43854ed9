import { requireScope, type Principal } from "../../core/auth/principal.js";
import { Prisma, type PrismaClient, type Project } from "../../db/generated/prisma/client.js";
import type { EncodedList } from "../../db/row-codec.js";
import { AppError } from "../../core/errors/app-error.js";
import { pagesOf } from "../../platform/paging.js";
import { accessibleKeys } from "../projects/access.js";
import { projectRow } from "../projects/row.js";
import type { ProjectService } from "../projects/service.js";
import { toOrdering, type Position } from "../sessions/order.js";
import { sessionSize, sessionSummary, type SessionSize, type SessionSummary } from "../sessions/row.js";
import type { SessionService } from "../sessions/service.js";

export type SyncService = ReturnType<typeof createSyncService>;

type Dependencies = { readonly prisma: PrismaClient; readonly sessions: SessionService; readonly projects: ProjectService };
type SummaryPage = { readonly after?: Position | undefined; readonly isResumable: boolean; readonly limit: number };

/** How many rows are read at once of a list that may be long. */
const PAGE = 500;

const newest = toOrdering("CREATED_AT_DESC");
const resumable = (isResumable: boolean) => (isResumable ? Prisma.sql`s."sessionDataSize" > 0` : Prisma.sql`TRUE`);
const afterPlace = (after: Position | undefined) => (after === undefined ? Prisma.sql`TRUE` : newest.after(after));

/** What clients need that keep sessions in step with those of the server: whole lists, sizes, and single contents. */
export function createSyncService({ prisma, sessions, projects }: Dependencies) {
  async function readPage(place: Prisma.Sql, { after, isResumable, limit }: SummaryPage): Promise<SessionSummary[]> {
    const rows = await prisma.$queryRaw<EncodedList[]>`SELECT ${sessionSummary.list} FROM (
      SELECT s.* FROM "Session" s WHERE ${place} AND ${resumable(isResumable)} AND ${afterPlace(after)} ORDER BY ${newest.ofOneOwner} LIMIT ${limit}) s`;
    return sessionSummary.readAll(rows);
  }

  async function findProject(principal: Principal, projectId: string): Promise<Project> {
    requireScope(principal, "sessions:read");
    return projects.find(principal, projectId);
  }

  return {
    /** The newest sessions of all projects that a user may see, and how many there are. */
    async recent(principal: Principal, limit: number): Promise<{ sessions: SessionSummary[]; total: number }> {
      const heads = await sessions.list(principal, { orderBy: "CREATED_AT_DESC" }, { limit, offset: 0 });
      const keys = heads.map(({ key }) => key);
      const metadata = new Map((await sessions.metadataOf(principal, keys)).map((row) => [row.key, row]));
      const [counted] = await prisma.$queryRaw<{ total: number }[]>`
        SELECT COALESCE(sum("sessionCount"), 0)::int AS "total" FROM "Project" WHERE "key" IN (${accessibleKeys(principal)})`;
      const found = heads.flatMap((head) => {
        const known = metadata.get(head.key); // none where it was deleted in between
        return known === undefined ? [] : [{ ...head, ...known }];
      });
      return { sessions: found, total: counted?.total ?? 0 };
    },

    /** A part of a project's sessions, the newest first, and how many there are in all. */
    async page(principal: Principal, projectId: string, page: SummaryPage): Promise<{ sessions: SessionSummary[]; total: number }> {
      const { key, sessionCount } = await findProject(principal, projectId);
      const found = await readPage(Prisma.sql`s."projectKey" = ${key}`, page);
      if (!page.isResumable) return { sessions: found, total: sessionCount };
      const [counted] = await prisma.$queryRaw<{ total: number }[]>`
        SELECT count(*)::int AS "total" FROM "Session" s WHERE s."projectKey" = ${key} AND ${resumable(true)}`;
      return { sessions: found, total: counted?.total ?? 0 };
    },

    /** All sessions of a project, the newest first, in pages that are read as they are asked for. */
    async all(principal: Principal, projectId: string, isResumable: boolean): Promise<AsyncGenerator<SessionSummary[]>> {
      const { key } = await findProject(principal, projectId);
      const inProject = Prisma.sql`s."projectKey" = ${key}`;
      return pagesOf(PAGE, (last?: SessionSummary) =>
        readPage(inProject, { after: last && newest.positionOf(last), isResumable, limit: PAGE }),
      );
    },

    /** How large each session of a project is. A project that the user cannot reach has none. */
    async *sizes(principal: Principal, projectId: string): AsyncGenerator<SessionSize[]> {
      const project = await findProject(principal, projectId).catch((error: unknown) => {
        if (error instanceof AppError && (error.reason === "RESOURCE_NOT_FOUND" || error.reason === "ACCESS_DENIED")) return null;
        throw error;
      });
      if (project === null) return;
      yield* pagesOf(PAGE, async (last?: SessionSize) => {
        const after = last && { value: last.createdAt.toISOString(), id: last.id, key: String(last.key) };
        const rows = await prisma.$queryRaw<EncodedList[]>`SELECT ${sessionSize.list} FROM (
          SELECT s.* FROM "Session" s WHERE s."projectKey" = ${project.key} AND ${afterPlace(after)} ORDER BY ${newest.ofOneOwner} LIMIT ${PAGE}) s`;
        return sessionSize.readAll(rows);
      });
    },

    /** All projects with sessions that can be resumed, and these sessions, project by project. */
    async resumable(principal: Principal): Promise<{ projects: Project[]; sessions: AsyncGenerator<SessionSummary[]> }> {
      requireScope(principal, "projects:read");
      requireScope(principal, "sessions:read");
      const rows = await prisma.$queryRaw<EncodedList[]>`SELECT ${projectRow.list} FROM (
        SELECT p.* FROM "Project" p WHERE p."key" IN (${accessibleKeys(principal)})
          AND EXISTS (SELECT FROM "Session" s WHERE s."projectKey" = p."key" AND ${resumable(true)}) ORDER BY p."key" DESC) p`;
      const found = projectRow.readAll(rows);
      const keys = found.map(({ key }) => key);
      const sessionPages = pagesOf(PAGE, async (last?: SessionSummary) => {
        const beyond =
          last === undefined
            ? Prisma.sql`TRUE`
            : Prisma.sql`(s."projectKey" < ${last.projectKey} OR (s."projectKey" = ${last.projectKey} AND ${newest.after(newest.positionOf(last))}))`;
        const page = await prisma.$queryRaw<EncodedList[]>`SELECT ${sessionSummary.list} FROM (
          SELECT s.* FROM "Session" s WHERE s."projectKey" = ANY(${keys}::bigint[]) AND ${resumable(true)} AND ${beyond}
          ORDER BY s."projectKey" DESC, ${newest.ofOneOwner} LIMIT ${PAGE}) s`;
        return sessionSummary.readAll(page);
      });
      return { projects: found, sessions: sessionPages };
    },
  };
}
