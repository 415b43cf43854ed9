import { isLive } from "../../core/auth/credential-changes.js";
import { actorParameters, insertEntries } from "../../core/audit/record.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../db/statement.js";

/** A user as admins see one. Keys and devices are those that have not ended; those of a locked user are asleep. */
export type Account = {
  readonly id: string;
  readonly email: string;
  readonly createdAt: Date;
  readonly lockedAt: Date | null;
  readonly storedBytes: bigint;
  readonly projectCount: number;
  readonly sessionCount: number;
  readonly keyCount: number;
  readonly deviceCount: number;
};

/** What goes with a user who is deleted, besides what an account counts. */
export type Ties = { readonly sharedProjectCount: number; readonly membershipCount: number; readonly invitationCount: number };

const id = Prisma.sql`${new Parameter("id")}::uuid`;
const now = Prisma.sql`${new Parameter("now")}::timestamptz`;

/** SELECTs accounts from rows of users, and counts what each has. */
const accountsOf = (users: Prisma.Sql) => Prisma.sql`
  SELECT u."id", u."email", u."createdAt", u."lockedAt", u."storedBytes", p."projectCount", p."sessionCount", k."keyCount", k."deviceCount"
  FROM (${users}) u
  CROSS JOIN LATERAL (SELECT count(*)::int AS "projectCount", COALESCE(sum("sessionCount"), 0)::int AS "sessionCount" FROM "Project" WHERE "ownerId" = u."id") p
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE "kind" = 'API_KEY')::int AS "keyCount", count(*) FILTER (WHERE "kind" = 'DEVICE')::int AS "deviceCount"
    FROM "ApiKey" WHERE "userId" = u."id" AND ${isLive(now)}) k
  ORDER BY u."createdAt", u."id"`;

export const listAccounts = toTemplate(
  accountsOf(Prisma.sql`SELECT * FROM "User" ORDER BY "createdAt", "id" LIMIT ${new Parameter("limit")} OFFSET ${new Parameter("offset")}`),
);

export const findAccount = toTemplate(accountsOf(Prisma.sql`SELECT * FROM "User" WHERE "id" = ${id}`));

export const findTies = toTemplate(Prisma.sql`
  SELECT (SELECT count(*)::int FROM "Project" p WHERE p."ownerId" = u."id" AND EXISTS (SELECT FROM "ProjectMember" m WHERE m."projectKey" = p."key")) AS "sharedProjectCount",
    (SELECT count(*)::int FROM "ProjectMember" WHERE "userId" = u."id") AS "membershipCount",
    (SELECT count(*)::int FROM "Invitation" i WHERE i."email" = u."email" AND i."expiresAt" > ${now}) AS "invitationCount"
  FROM "User" u WHERE u."id" = ${id}`);

/** Advisory locks of PostgreSQL are numbers; this one is that of changes to who has a working admin key. */
const ADMINS_LOCK = 1_128;

/** Makes the locking and deleting of users happen one after the other, so that two admins cannot lock each other. */
export const lockAdmins = toTemplate(Prisma.sql`SELECT 1 AS "locked" FROM pg_advisory_xact_lock(${Prisma.raw(String(ADMINS_LOCK))})`);

/** The condition that a user, called u, can act as an admin at a time. */
const isAdmin = (time: Date) => Prisma.sql`u."lockedAt" IS NULL AND EXISTS (
  SELECT FROM "ApiKey" k WHERE k."userId" = u."id" AND k."kind" = 'API_KEY' AND 'admin' = ANY(k."scopes") AND ${isLive(time)})`;

/** Selects a row if nobody but this user can act as an admin, and this one can. */
export function isLastAdmin(userId: string, time: Date): Prisma.Sql {
  return Prisma.sql`SELECT 1 FROM "User" u WHERE u."id" = ${userId}::uuid AND ${isAdmin(time)}
    AND NOT EXISTS (SELECT FROM "User" u WHERE u."id" <> ${userId}::uuid AND ${isAdmin(time)})`;
}

/** Locks a user. Selects nothing if there is none, or it is locked already. */
export const lockUser = toTemplate(
  Prisma.sql`UPDATE "User" SET "lockedAt" = ${now} WHERE "id" = ${id} AND "lockedAt" IS NULL RETURNING "email"`,
);

export const unlockUser = toTemplate(
  Prisma.sql`UPDATE "User" SET "lockedAt" = NULL WHERE "id" = ${id} AND "lockedAt" IS NOT NULL RETURNING "email"`,
);

/** Selects one of a user's projects, if there is any. */
export const nextProject = toTemplate(
  Prisma.sql`SELECT "key", "sessionCount" FROM "Project" WHERE "ownerId" = ${id} ORDER BY "createdAt", "key" LIMIT 1`,
);

/** How many rows of other kinds one statement deletes. */
export const PART = 100;
const part = Prisma.raw(String(PART));

/** Deletes some of a user's keys that have ended, of which there may be any number. Selects how many; those that they made go with them. */
export const deleteEndedKeys = toTemplate(Prisma.sql`
  WITH gone AS (DELETE FROM "ApiKey" WHERE "id" IN (
    SELECT "id" FROM "ApiKey" WHERE "userId" = ${id} AND NOT (${isLive(now)}) ORDER BY "createdAt" DESC LIMIT ${part}) RETURNING 1)
  SELECT count(*)::int AS "deleted" FROM gone`);

/** Ends some of a user's memberships, which the owners of the projects can see. Selects how many. */
export const deleteMemberships = toTemplate(Prisma.sql`
  WITH gone AS (DELETE FROM "ProjectMember" WHERE ("projectKey", "userId") IN (
    SELECT "projectKey", "userId" FROM "ProjectMember" WHERE "userId" = ${id} LIMIT ${part}) RETURNING "projectKey", "userId"),
  recorded AS (${insertEntries({
    from: Prisma.sql`gone JOIN "Project" p ON p."key" = gone."projectKey" JOIN "User" u ON u."id" = gone."userId"`,
    at: now,
    action: Prisma.sql`'MEMBER_REMOVED'`,
    actor: actorParameters,
    ownerId: Prisma.sql`p."ownerId"`,
    projectId: Prisma.sql`p."id"`,
    details: Prisma.sql`jsonb_build_object('email', u."email")`,
  })})
  SELECT count(*)::int AS "deleted" FROM gone`);

/** Deletes some of the invitations to a user's address. Nobody is told, as nobody is told that the address was a user's. */
export const deleteInvitations = toTemplate(Prisma.sql`
  WITH gone AS (DELETE FROM "Invitation" WHERE "id" IN (
    SELECT i."id" FROM "Invitation" i JOIN "User" u ON u."email" = i."email" WHERE u."id" = ${id} LIMIT ${part}) RETURNING 1)
  SELECT count(*)::int AS "deleted" FROM gone`);

/** Keeps a user as it is until the end of the transaction: no project, key or membership of the user can be made meanwhile. */
export const holdUser = toTemplate(Prisma.sql`SELECT "lockedAt" FROM "User" WHERE "id" = ${id} FOR UPDATE`);

export const deleteUser = toTemplate(Prisma.sql`DELETE FROM "User" WHERE "id" = ${id}`);
