import { requireScope, type Principal } from "../auth/principal.js";
import { Prisma, type PrismaClient } from "../db/generated/prisma/client.js";
import type { Clock } from "../platform/clock.js";
import type { Page } from "../platform/paging.js";
import { accessibleKeys, requireReachable, roleOf, type Concealment, type Role } from "../projects/access.js";
import { decodeContent } from "./content-codec.js";
import { toCondition, type SessionFilters } from "./filters.js";
import { toOrdering, type Position, type SessionOrder } from "./order.js";
import { sessionColumns, type SessionRow } from "./row.js";

export type SessionService = ReturnType<typeof createSessionService>;
export type RelatedSession = SessionRow & { readonly relatedTo: bigint; readonly similarity: number };

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock; readonly policy: Concealment };
type ListOptions = { readonly filters: SessionFilters; readonly orderBy: SessionOrder };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const S = Prisma.raw("s");

/** More candidates than these, the newest, are not compared with a session: comparing all would cost more than it tells. */
const RELATED_CANDIDATES = 200;

/** Reading sessions: one, lists of every kind, their content, and what is related to them. */
export function createSessionService({ prisma, clock, policy }: Dependencies) {
  /** The session that the id means to this user, with the user's role in its project. */
  async function find(principal: Principal, id: string, projectId?: string): Promise<SessionRow & { role: Role }> {
    const details: Record<string, string> = projectId === undefined ? { sessionId: id } : { projectId, sessionId: id };
    const role = roleOf(principal, S);
    const reachable = policy.concealForbidden ? Prisma.sql`AND ${role.isReachable}` : Prisma.empty;
    const inProject = projectId === undefined ? Prisma.empty : Prisma.sql`AND p."id" = ${projectId}`;
    // The owner of a session is the owner of its project, so the project's rules can be asked of the session's row.
    const rows = UUID.test(id)
      ? await prisma.$queryRaw<(SessionRow & { role: Role | null })[]>`
          SELECT ${sessionColumns}, ${role.column} FROM "Session" s
          LEFT JOIN "ProjectMember" m ON m."projectKey" = s."projectKey" AND m."userId" = ${principal.userId}::uuid
          JOIN "Project" p ON p."key" = s."projectKey"
          WHERE s."id" = ${id}::uuid ${inProject} ${reachable} ORDER BY ${role.order} LIMIT 1`
      : [];
    const [row] = rows;
    requireReachable(row, "Session", details);
    return row;
  }

  /** The first rows of every given project in an order: an index scan a project, whatever its size. */
  function listByProject(keys: Prisma.Sql, { filters, orderBy }: ListOptions, limit: number) {
    return Prisma.sql`FROM (${keys}) k("key") CROSS JOIN LATERAL (
      SELECT ${sessionColumns} FROM "Session" s WHERE s."projectKey" = k."key" AND ${toCondition(filters, clock.now())}
      ORDER BY ${toOrdering(orderBy).orderBy} LIMIT ${limit}) s`;
  }

  return {
    find,

    async get(principal: Principal, id: string, projectId?: string): Promise<SessionRow> {
      requireScope(principal, "sessions:read");
      return find(principal, id, projectId);
    },

    /** The sessions of all projects that a user may see. */
    async list(principal: Principal, options: ListOptions, { limit, offset }: Page): Promise<SessionRow[]> {
      requireScope(principal, "sessions:read");
      const from = listByProject(accessibleKeys(principal), options, limit + offset);
      return prisma.$queryRaw<
        SessionRow[]
      >`SELECT ${sessionColumns} ${from} ORDER BY ${toOrdering(options.orderBy).orderBy} LIMIT ${limit} OFFSET ${offset}`;
    },

    /** The next `limit` sessions from a position on, of the given projects or of all that a user may see. */
    async listFrom(
      principal: Principal,
      options: ListOptions & {
        readonly projectKey?: bigint;
        readonly after?: Position;
        readonly before?: Position;
        readonly inverted: boolean;
      },
      limit: number,
    ): Promise<SessionRow[]> {
      requireScope(principal, "sessions:read");
      const { filters, orderBy, projectKey, after, before, inverted } = options;
      const keys = projectKey === undefined ? accessibleKeys(principal) : Prisma.sql`SELECT ${projectKey}::bigint`;
      const order = toOrdering(orderBy, inverted).orderBy;
      const bounds = [
        ...(after === undefined ? [] : [toOrdering(orderBy).after(after)]),
        ...(before === undefined ? [] : [toOrdering(orderBy, true).after(before)]),
        toCondition(filters, clock.now()),
      ];
      return prisma.$queryRaw<SessionRow[]>`SELECT ${sessionColumns} FROM (${keys}) k("key") CROSS JOIN LATERAL (
          SELECT ${sessionColumns} FROM "Session" s WHERE s."projectKey" = k."key" AND ${Prisma.join(bounds, " AND ")} ORDER BY ${order} LIMIT ${limit}) s
        ORDER BY ${order} LIMIT ${limit}`;
    },

    /** The first `limit` sessions of each of several projects, in one statement. The caller may see the projects. */
    async ofProjects(principal: Principal, keys: readonly bigint[], options: ListOptions, limit: number): Promise<SessionRow[]> {
      requireScope(principal, "sessions:read");
      const from = listByProject(Prisma.sql`SELECT unnest(${[...keys]}::bigint[])`, options, limit);
      return prisma.$queryRaw<
        SessionRow[]
      >`SELECT ${sessionColumns} ${from} ORDER BY s."projectKey", ${toOrdering(options.orderBy).orderBy}`;
    },

    /** The Markdown of several sessions by their internal keys. The caller may see the sessions. */
    async markdownOf(keys: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
      const rows = await prisma.$queryRaw<{ sessionKey: bigint; markdown: string }[]>`
        SELECT "sessionKey", "markdown" FROM "SessionContent" WHERE "sessionKey" = ANY(${[...keys]}::bigint[])`;
      return new Map(rows.map(({ sessionKey, markdown }) => [sessionKey, decodeContent(markdown)]));
    },

    /**
     * For each of several sessions the ones that share most of its typical words, tags and branches. The similarity is
     * the share of common ones among all of both (Jaccard's index).
     */
    async relatedTo(principal: Principal, keys: readonly bigint[], limit: number): Promise<RelatedSession[]> {
      requireScope(principal, "sessions:read");
      return prisma.$queryRaw<RelatedSession[]>`
        SELECT ${sessionColumns}, o."key" AS "relatedTo", s."similarity" FROM "Session" o CROSS JOIN LATERAL (
          SELECT c.*, c."common"::float8 / GREATEST(1, cardinality(c."features") + cardinality(o."keywords" || o."tags" || o."gitBranches") - c."common") AS "similarity"
          FROM (
            SELECT n.*, (SELECT count(DISTINCT f) FROM unnest(n."features") f WHERE f = ANY(o."keywords" || o."tags" || o."gitBranches"))::int AS "common"
            FROM (
              SELECT s.*, s."keywords" || s."tags" || s."gitBranches" AS "features" FROM "Session" s
              WHERE s."keywords" && o."keywords" AND s."key" <> o."key" AND s."projectKey" IN (${accessibleKeys(principal)})
              ORDER BY s."createdAt" DESC, s."key" DESC LIMIT ${RELATED_CANDIDATES}
            ) n
          ) c
          ORDER BY "similarity" DESC, c."createdAt" DESC, c."key" DESC LIMIT ${limit}
        ) s WHERE o."key" = ANY(${[...keys]}::bigint[]) ORDER BY s."similarity" DESC, s."createdAt" DESC, s."key" DESC`;
    },
  };
}
