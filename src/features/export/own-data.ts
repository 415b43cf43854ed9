import type { Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type ApiKey, type MemberRole, type Project } from "../../db/generated/prisma/client.js";
import type { EncodedList } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import { MOST_ITEMS, pagesOf, type Page } from "../../platform/paging.js";
import { projectRow } from "../projects/row.js";

type Dependencies = { readonly query: Query; readonly clock: Clock };

/** A project of another user in which the user is a member. */
export type Membership = {
  readonly projectKey: bigint;
  readonly projectId: string;
  readonly ownerId: string;
  readonly projectName: string;
  readonly role: MemberRole;
  readonly createdAt: Date;
};

/** An invitation to one of the user's projects that is not answered yet. */
export type OpenInvitation = Pick<Membership, "role" | "createdAt"> & { readonly email: string; readonly expiresAt: Date };

/** The place of a session among those of its project. */
export type SessionPlace = { readonly key: bigint; readonly createdAt: Date; readonly id: string };

/** How many rows are read at once. */
const PAGE = 200;

/**
 * Reads what belongs to a user, page by page: no statement is longer than a page, and none is open between two pages. What
 * the user may see but does not own is not among it.
 */
export function createOwnData({ query, clock }: Dependencies) {
  return {
    memberships: ({ userId, deadline }: Principal): AsyncGenerator<Membership[]> =>
      pagesOf(PAGE, (last?: Membership) => query<Membership>(selectMemberships({ userId, after: last?.projectKey ?? 0n }), deadline)),

    projects: ({ userId, deadline }: Principal): AsyncGenerator<Project[]> =>
      pagesOf(PAGE, async (last?: Project) =>
        projectRow.readAll(await query<EncodedList>(selectProjects({ userId, after: last?.key ?? 0n }), deadline)),
      ),

    /** A project has a hundred open invitations at most. */
    invitations: ({ deadline }: Principal, project: Project): Promise<OpenInvitation[]> =>
      query<OpenInvitation>(selectInvitations({ projectKey: project.key, now: clock.now() }), deadline),

    sessions: ({ deadline }: Principal, project: Project): AsyncGenerator<SessionPlace[]> =>
      pagesOf(PAGE, (last?: SessionPlace) => {
        const after = last ?? { createdAt: BEFORE_ALL, id: LEAST_ID };
        return query<SessionPlace>(selectSessions({ projectKey: project.key, afterTime: after.createdAt, afterId: after.id }), deadline);
      }),
  };
}

/** Reads a list that is asked for by limit and offset to its end. */
export async function wholeList<Row>(read: (page: Page) => Promise<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pagesOf(MOST_ITEMS, () => read({ limit: MOST_ITEMS, offset: rows.length }))) rows.push(...page);
  return rows;
}

/** Reads a list that comes in pages to its end. */
export async function joinPages<Row>(pages: AsyncIterable<readonly Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

/** What is told of a key: never its hash. */
export function describeKey({ id, name, scopes, rateLimit, createdAt, expiresAt, lastUsedAt, revokedAt, parentId }: ApiKey) {
  return { id, name, scopes, rateLimit, createdAt, expiresAt, lastUsedAt, revokedAt, parentId };
}

const BEFORE_ALL = new Date("0001-01-01T00:00:00Z");
const LEAST_ID = "00000000-0000-0000-0000-000000000000";

const [userId, after, projectKey] = [new Parameter("userId"), new Parameter("after"), new Parameter("projectKey")];
const limit = Prisma.raw(String(PAGE));

const selectMemberships = toTemplate(Prisma.sql`
  SELECT m."projectKey", p."id" AS "projectId", p."ownerId", p."name" AS "projectName", m."role"::text AS "role", m."createdAt"
  FROM "ProjectMember" m JOIN "Project" p ON p."key" = m."projectKey"
  WHERE m."userId" = ${userId}::uuid AND m."projectKey" > ${after}::bigint ORDER BY m."projectKey" LIMIT ${limit}`);

const selectProjects = toTemplate(Prisma.sql`
  SELECT ${projectRow.list} FROM (
    SELECT * FROM "Project" WHERE "ownerId" = ${userId}::uuid AND "key" > ${after}::bigint ORDER BY "key" LIMIT ${limit}) p`);

const selectInvitations = toTemplate(Prisma.sql`
  SELECT "email", "role"::text AS "role", "createdAt", "expiresAt" FROM "Invitation"
  WHERE "projectKey" = ${projectKey}::bigint AND "expiresAt" > ${new Parameter("now")}::timestamptz ORDER BY "createdAt", "id" LIMIT ${limit}`);

const selectSessions = toTemplate(Prisma.sql`
  SELECT "key", "createdAt", "id" FROM "Session"
  WHERE "projectKey" = ${projectKey}::bigint AND ("createdAt", "id") > (${new Parameter("afterTime")}::timestamptz, ${new Parameter("afterId")}::uuid)
  ORDER BY "createdAt", "id" LIMIT ${limit}`);
