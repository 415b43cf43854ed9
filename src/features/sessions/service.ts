import type { Concealment } from "../../core/auth/concealment.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { Prisma, type PrismaClient } from "../../db/generated/prisma/client.js";
import type { Encoded, EncodedList } from "../../db/row-codec.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Page, PageBounds } from "../../platform/paging.js";
import { requireReachable, roleOf, sharedKeys, type Role } from "../projects/access.js";
import { projectRow } from "../projects/row.js";
import { decodeContent } from "./content-codec.js";
import { toCondition, toProjectKeys, type SessionFilters } from "./filters.js";
import { toOrdering, type Position, type SessionOrder } from "./order.js";
import { sessionMetadata, sessionRow, sessionSummary, type SessionDetail, type SessionRow, type SessionSummary } from "./row.js";

export type SessionService = ReturnType<typeof createSessionService>;

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock; readonly policy: Concealment };
type ListOptions = { readonly filters?: SessionFilters; readonly orderBy: SessionOrder };
export type PageOptions = ListOptions & PageBounds<Position>;

/** The texts of a session; `markdown` and what it takes to resume the conversation are the ones that can be read. */
export type ReadableContent = "markdown" | "sessionData";

type FoundInProject = Encoded<{ projectRow: string; markdownJsonSize: number; role: Role | null; isThere: boolean }>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reading sessions: one, lists of every kind, and their content. */
export function createSessionService({ prisma, clock, policy }: Dependencies) {
  /** The session that the id means to this user, with the user's role in its project. */
  async function find(principal: Principal, id: string, projectId?: string): Promise<SessionRow & { role: Role }> {
    return projectId === undefined ? findAnywhere(principal, id) : findInProject(principal, id, projectId);
  }

  async function findAnywhere(principal: Principal, id: string): Promise<SessionRow & { role: Role }> {
    const role = roleOf(principal, Prisma.raw("s"), "projectKey");
    const reachable = policy.concealForbidden ? Prisma.sql`AND ${role.isReachable}` : Prisma.empty;
    const rows = await prisma.$queryRaw<Encoded<{ role: Role | null }>[]>`SELECT ${sessionRow.column}, ${role.column}
      FROM "Session" s ${role.join} WHERE s."id" = ${uuidOrNull(id)}::uuid ${reachable} ORDER BY ${role.order} LIMIT 1`;
    const [session] = rows.map(sessionRow.read);
    requireReachable(session, "Session", { sessionId: id });
    return session;
  }

  /** First the project that its id means, then the session in it alone, wherever else there may be one with this id. */
  async function findInProject(principal: Principal, id: string, projectId: string): Promise<SessionDetail & { role: Role }> {
    const role = roleOf(principal, Prisma.raw("p"));
    const reachable = policy.concealForbidden ? Prisma.sql`AND ${role.isReachable}` : Prisma.empty;
    const [found] = await prisma.$queryRaw<FoundInProject[]>`WITH meant AS (
        SELECT p.*, ${role.column} FROM "Project" p ${role.join} WHERE p."id" = ${projectId} ${reachable} ORDER BY ${role.order} LIMIT 1
      ) SELECT ${sessionSummary.column}, ${projectRow.columnAs("projectRow")}, s."markdownJsonSize", p."role", s."key" IS NOT NULL AS "isThere"
        FROM meant p LEFT JOIN "Session" s ON s."projectKey" = p."key" AND s."id" = ${uuidOrNull(id)}::uuid`;
    const details = { projectId, sessionId: id };
    requireReachable(found, "Project", details);
    const { isThere, projectRow: project, ...session } = found;
    if (!isThere) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details });
    return { ...sessionSummary.read(session), project: projectRow.readText(project) };
  }

  /** The first rows of a place in an order: an owner's or a project's, so that an index serves it, however many there are. */
  function firstOf(place: Prisma.Sql, { filters, orderBy, after, before, inverted }: PageOptions, limit: number): Prisma.Sql {
    const conditions = [
      place,
      ...(after === undefined ? [] : [toOrdering(orderBy).after(after)]),
      ...(before === undefined ? [] : [toOrdering(orderBy, true).after(before)]),
      toCondition(filters, clock.now()),
    ];
    return Prisma.sql`(SELECT s.* FROM "Session" s WHERE ${Prisma.join(conditions, " AND ")} ORDER BY ${toOrdering(orderBy, inverted).ofOneOwner} LIMIT ${limit})`;
  }

  function firstOfEach(keys: Prisma.Sql, options: PageOptions, limit: number): Prisma.Sql {
    const inProject = Prisma.sql`s."projectKey" = k."key"`;
    return Prisma.sql`(SELECT s.* FROM (${keys}) k("key") CROSS JOIN LATERAL ${firstOf(inProject, options, limit)} s)`;
  }

  /** The first rows of all that a user may see: of the own sessions, and of each project that is shared; or of the projects that the filters name. */
  async function listVisible(principal: Principal, options: PageOptions, { limit, offset }: Page): Promise<SessionRow[]> {
    requireScope(principal, "sessions:read");
    const keys = toProjectKeys(options.filters, principal);
    const own = Prisma.sql`s."ownerId" = ${principal.userId}::uuid`;
    const rows =
      keys === null
        ? Prisma.sql`(${firstOf(own, options, limit + offset)} UNION ALL ${firstOfEach(sharedKeys(principal), options, limit + offset)})`
        : firstOfEach(keys, options, limit + offset);
    const order = toOrdering(options.orderBy, options.inverted).orderBy;
    const found = await prisma.$queryRaw<EncodedList[]>`
      SELECT ${sessionRow.list} FROM (SELECT * FROM ${rows} s ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}) s`;
    return sessionRow.readAll(found);
  }

  return {
    find,

    /** A session of the project that an id means, with the project and all but the content. */
    async detail(principal: Principal, projectId: string, id: string): Promise<SessionDetail> {
      requireScope(principal, "sessions:read");
      return findInProject(principal, id, projectId);
    },

    async get(principal: Principal, id: string, projectId?: string): Promise<SessionRow> {
      requireScope(principal, "sessions:read");
      return find(principal, id, projectId);
    },

    /** The sessions of all projects that a user may see. */
    list: (principal: Principal, options: ListOptions, page: Page): Promise<SessionRow[]> =>
      listVisible(principal, { ...options, inverted: false }, page),

    /** A part of that list, from its end backwards if inverted. */
    page: (principal: Principal, options: PageOptions, limit: number): Promise<SessionRow[]> =>
      listVisible(principal, options, { limit, offset: 0 }),

    /** The same part of the list of each of several projects, in one statement. The caller may see the projects. */
    async pagesOfProjects(principal: Principal, keys: readonly bigint[], options: PageOptions, limit: number): Promise<SessionRow[]> {
      requireScope(principal, "sessions:read");
      const wanted = toProjectKeys(options.filters, principal);
      const given = Prisma.sql`SELECT unnest(${[...keys]}::bigint[])`;
      const rows = firstOfEach(wanted === null ? given : Prisma.sql`${given} INTERSECT (${wanted})`, options, limit);
      const order = toOrdering(options.orderBy, options.inverted).orderBy;
      const found = await prisma.$queryRaw<EncodedList[]>`
        SELECT ${sessionRow.list} FROM (SELECT * FROM ${rows} s ORDER BY s."projectKey", ${order}) s`;
      return sessionRow.readAll(found);
    },

    /** The metadata of several sessions by their internal keys. The caller may see the sessions. */
    async metadataOf(principal: Principal, keys: readonly bigint[]) {
      requireScope(principal, "sessions:read");
      const rows = await prisma.$queryRaw<EncodedList[]>`
        SELECT ${sessionMetadata.list} FROM "Session" s WHERE s."key" = ANY(${[...keys]}::bigint[])`;
      return sessionMetadata.readAll(rows);
    },

    /** The Markdown of several sessions by their internal keys. The caller may see the sessions. */
    async markdownOf(principal: Principal, keys: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
      requireScope(principal, "sessions:read");
      const rows = await prisma.$queryRaw<{ sessionKey: bigint; markdown: string }[]>`
        SELECT "sessionKey", "markdown" FROM "SessionContent" WHERE "sessionKey" = ANY(${[...keys]}::bigint[])`;
      return new Map(rows.map(({ sessionKey, markdown }) => [sessionKey, decodeContent(markdown)]));
    },

    /** A content of a session as it was at a version; null if the session is at another one by now. The caller may see it. */
    async contentAt({ key, etag }: SessionSummary, content: ReadableContent): Promise<string | null> {
      const column = Prisma.raw(`c."${content}"`);
      const [found] = await prisma.$queryRaw<{ text: string | null }[]>`
        SELECT ${column} AS "text" FROM "SessionContent" c JOIN "Session" s ON s."key" = c."sessionKey" WHERE s."key" = ${key} AND s."etag" = ${etag}`;
      return found?.text == null ? null : decodeContent(found.text);
    },
  };
}

/** PostgreSQL refuses to compare a UUID with anything else; what is none is the id of no session. */
function uuidOrNull(id: string): string | null {
  return UUID.test(id) ? id : null;
}
