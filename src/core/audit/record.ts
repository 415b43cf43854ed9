import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { uuidOrNull } from "../../platform/text.js";
import type { AuditAction } from "./actions.js";

/** Who does something: the user and the key of a request. The command line has no key, and is nobody's request. */
export type Actor = { readonly userId: string; readonly keyId: string };

/** Facts about a deed: ids, addresses, counts. Never content, titles, names, secrets or hashes. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type AuditEntry = {
  readonly at: Date;
  readonly action: AuditAction;
  /** Null for the command line and the server itself. */
  readonly actor: Actor | null;
  /** Whose entry it is, who may read it: the owner of the project, or the user of the account. Null is an entry for admins only. */
  readonly ownerId: string | null;
  readonly projectId?: string;
  readonly sessionId?: string;
  readonly details?: AuditDetails;
};

/** The actor as two values of a statement. */
type ActorSql = { readonly actorId: unknown; readonly actorKeyId: unknown };

/** The actor of a template, which `toActorValues` gives its values. */
export const actorParameters: ActorSql = { actorId: new Parameter("actorId"), actorKeyId: new Parameter("actorKeyId") };

/** The values of an actor, both null for the command line, whose principal has a key id that is none. */
export function toActorValues(actor: Actor | null): { readonly actorId: string | null; readonly actorKeyId: string | null } {
  const actorKeyId = actor === null ? null : uuidOrNull(actor.keyId);
  return { actorId: actorKeyId === null ? null : (actor?.userId ?? null), actorKeyId };
}

type EntrySql = {
  /** Names the entry for a later statement; made by the database if absent. */
  readonly id?: Prisma.Sql;
  /** The rows of which each becomes an entry: a WITH query that did the deed, and none where nothing was done. */
  readonly from: Prisma.Sql;
  readonly at: Prisma.Sql;
  readonly action: Prisma.Sql;
  readonly actor: ActorSql;
  readonly ownerId: Prisma.Sql;
  readonly projectId?: Prisma.Sql;
  readonly sessionId?: Prisma.Sql;
  readonly details?: Prisma.Sql;
};

/**
 * Makes SQL that records what another part of the same statement did, so that an entry costs no statement of its own:
 * `WITH gone AS (DELETE ... RETURNING *), recorded AS (${insertEntries({ from: Prisma.sql`gone`, ... })}) SELECT ...`.
 */
export function insertEntries({ id, from, at, action, actor, ownerId, projectId, sessionId, details }: EntrySql): Prisma.Sql {
  const none = Prisma.sql`NULL`;
  return Prisma.sql`INSERT INTO "AuditEntry" ("id", "at", "action", "actorEmail", "keyId", "ownerId", "projectId", "sessionId", "details")
    SELECT ${id ?? Prisma.sql`gen_random_uuid()`}::uuid, ${at}::timestamptz, ${action}::text, (SELECT "email" FROM "User" WHERE "id" = ${actor.actorId}::uuid), ${actor.actorKeyId}::uuid,
      ${ownerId}::uuid, ${projectId ?? none}::text, ${sessionId ?? none}::uuid, ${details ?? Prisma.sql`'{}'`}::jsonb FROM ${from}`;
}

const parameter = (name: string) => Prisma.sql`${new Parameter(name)}`;

const insertOne = toTemplate(
  insertEntries({
    from: Prisma.sql`(SELECT 1) AS "deed"`,
    at: parameter("at"),
    action: parameter("action"),
    actor: actorParameters,
    ownerId: parameter("ownerId"),
    projectId: parameter("projectId"),
    sessionId: parameter("sessionId"),
    details: parameter("details"),
  }),
);

/** Records a deed. `query` is that of the deed's transaction, so that neither the deed nor the entry is without the other. */
export async function recordAction(query: Query, { actor, projectId, sessionId, details = {}, ...entry }: AuditEntry): Promise<void> {
  const facts = { projectId: projectId ?? null, sessionId: sessionId ?? null, details: JSON.stringify(details) };
  await query(insertOne({ ...entry, ...facts, ...toActorValues(actor) }));
}
