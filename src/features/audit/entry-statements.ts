import type { AuditDetails } from "../../core/audit/record.js";
import type { AuditAction } from "../../core/audit/actions.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { limitBound, Parameter, toTemplate } from "../../db/statement.js";
import type { PageBounds } from "../../platform/paging.js";

export type AuditRow = {
  readonly id: string;
  readonly at: Date;
  readonly action: AuditAction;
  readonly actorEmail: string | null;
  readonly keyId: string | null;
  readonly ownerId: string | null;
  readonly projectId: string | null;
  readonly sessionId: string | null;
  readonly details: AuditDetails;
};

/** A place in the list. The id stands for the internal key, which parts the entries of one millisecond and is shown to nobody. */
export type AuditCursor = { readonly at: string; readonly id: string };

/** Which entries a statement lists: those of one owner or of all, of one project or of everything, of one action or of all. */
export type AuditSelection = { readonly isOfOwner: boolean; readonly isOfProject: boolean; readonly isOfAction: boolean };

type Bounds = PageBounds<AuditCursor>;

const [ownerId, projectId, action, limit] = ["ownerId", "projectId", "action", "limit"].map(
  (name) => Prisma.sql`${new Parameter(name)}`,
) as [Prisma.Sql, Prisma.Sql, Prisma.Sql, Prisma.Sql]; // one for each name

const COLUMNS = ["id", "at", "action", "actorEmail", "keyId", "ownerId", "projectId", "sessionId", "details"];

const columnsOf = (alias: string) => Prisma.raw(COLUMNS.map((column) => `${alias}."${column}"`).join(", "));

/** The condition for the entries of the selection, of the table called by `alias`. */
function isSelected({ isOfOwner, isOfProject, isOfAction }: AuditSelection, alias: string): Prisma.Sql {
  const table = Prisma.raw(alias);
  const conditions = [
    ...(isOfProject ? [Prisma.sql`${table}."projectId" = ${projectId}::text`] : []),
    ...(isOfOwner ? [Prisma.sql`${table}."ownerId" = ${ownerId}::uuid`] : []),
    ...(isOfAction ? [Prisma.sql`${table}."action" = ${action}::text`] : []),
  ];
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, " AND ");
}

/** SQL for the place of a cursor. An entry that is kept no longer has the first or the last place of its millisecond. */
function placeOf(name: "after" | "before", selection: AuditSelection): Prisma.Sql {
  const at = Prisma.sql`${new Parameter(`${name}At`)}::timestamptz`;
  const otherwise = Prisma.raw(name === "after" ? "0" : "9223372036854775807");
  return Prisma.sql`(${at}, COALESCE((SELECT c."key" FROM "AuditEntry" c
    WHERE c."at" = ${at} AND c."id" = ${new Parameter(`${name}Id`)}::uuid AND ${isSelected(selection, "c")}), ${otherwise}))`;
}

/** Selects a part of the list, the newest first, or inverted from its end backwards. An index has the rows in this order. */
export function listEntries(selection: AuditSelection, { after, before, inverted }: Bounds, rows: number) {
  const direction = Prisma.raw(inverted ? "ASC" : "DESC");
  const order = Prisma.sql`ORDER BY e."at" ${direction}, e."key" ${direction}`;
  const most = Prisma.raw(String(limitBound(rows)));
  const within = Prisma.sql`${after === undefined ? Prisma.empty : Prisma.sql`AND (e."at", e."key") < ${placeOf("after", selection)}`}
    ${before === undefined ? Prisma.empty : Prisma.sql`AND (e."at", e."key") > ${placeOf("before", selection)}`}`;
  const first = (owner: Prisma.Sql) =>
    Prisma.sql`SELECT e.* FROM "AuditEntry" e WHERE ${isSelected(selection, "e")} ${owner} ${within} ${order} LIMIT ${most}`;
  const ofAllOwners = selection.isOfProject && !selection.isOfOwner;
  return toTemplate(
    ofAllOwners
      ? Prisma.sql`WITH RECURSIVE ${owners}
          SELECT ${columnsOf("e")} FROM owners o CROSS JOIN LATERAL (${first(Prisma.sql`AND e."ownerId" = o."ownerId"`)}) e ${order} LIMIT ${limit}`
      : Prisma.sql`SELECT ${columnsOf("e")} FROM (${first(Prisma.empty)}) e ${order} LIMIT ${limit}`,
  );
}

/** The owners of the projects with an id, each by one look into the index, which has their entries one after the other. */
const owners = Prisma.sql`owners AS (
    (SELECT "ownerId" FROM "AuditEntry" WHERE "projectId" = ${projectId}::text AND "ownerId" IS NOT NULL ORDER BY "ownerId" LIMIT 1)
    UNION ALL
    SELECT (SELECT n."ownerId" FROM "AuditEntry" n WHERE n."projectId" = ${projectId}::text AND n."ownerId" > o."ownerId" ORDER BY n."ownerId" LIMIT 1)
    FROM owners o WHERE o."ownerId" IS NOT NULL
  )`;

/** Selects a row if a user has entries of a project with an id. */
export const hasEntries = toTemplate(
  Prisma.sql`SELECT 1 FROM "AuditEntry" e WHERE ${isSelected({ isOfOwner: true, isOfProject: true, isOfAction: false }, "e")} LIMIT 1`,
);

/** How many old entries one statement deletes, so that none keeps others waiting. */
export const MOST_DELETED = 500;

/** Deletes some of the entries from before a time. Selects how many. */
export const deleteBefore = toTemplate(Prisma.sql`
  WITH old AS (
    SELECT "at", "key" FROM "AuditEntry" WHERE "at" < ${new Parameter("before")}::timestamptz ORDER BY "at", "key" LIMIT ${Prisma.raw(String(MOST_DELETED))}
  ), gone AS (
    DELETE FROM "AuditEntry" e USING old WHERE e."at" = old."at" AND e."key" = old."key" RETURNING 1
  ) SELECT count(*)::int AS "deleted" FROM gone`);
