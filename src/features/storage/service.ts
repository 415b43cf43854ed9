import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { toTemplate } from "../../db/statement.js";
import type { Deadline } from "../../platform/deadline.js";

/** What is stored, in bytes of content and in numbers of rows. */
export type StorageTotals = {
  readonly storedBytes: number;
  readonly users: number;
  readonly projects: number;
  readonly sessions: number;
  /** What the database takes on the disk, as PostgreSQL counts it. */
  readonly databaseBytes: number;
  /** The users and projects that take the most, the largest first. */
  readonly largestUsers: readonly { readonly id: string; readonly storedBytes: number }[];
  readonly largestProjects: readonly { readonly key: number; readonly ownerId: string; readonly storedBytes: number }[];
};

/** How many users and projects are named. */
const MOST_NAMED = 20;

const most = Prisma.raw(String(MOST_NAMED));

/**
 * An index by size would make each upload write that index too. So this statement reads all users and projects, and must not
 * be run often.
 */
const selectTotals = toTemplate(Prisma.sql`
  SELECT json_build_object(
    'storedBytes', (SELECT COALESCE(sum("storedBytes"), 0) FROM "User"),
    'users', (SELECT count(*) FROM "User"),
    'projects', (SELECT count(*) FROM "Project"),
    'sessions', (SELECT COALESCE(sum("sessionCount"), 0) FROM "Project"),
    'databaseBytes', pg_database_size(current_database()),
    'largestUsers', (SELECT COALESCE(json_agg(u), '[]') FROM (
      SELECT "id", "storedBytes" FROM "User" WHERE "storedBytes" > 0 ORDER BY "storedBytes" DESC, "id" LIMIT ${most}) u),
    'largestProjects', (SELECT COALESCE(json_agg(p), '[]') FROM (
      SELECT "key", "ownerId", "storedBytes" FROM "Project" WHERE "storedBytes" > 0 ORDER BY "storedBytes" DESC, "key" LIMIT ${most}) p)
  ) AS "totals"`);

/** Tells the operator what is stored. It asks for no permission: no user reaches it. */
export function createStorageService({ query }: { readonly query: Query }) {
  return {
    async totals(deadline: Deadline): Promise<StorageTotals> {
      const [row] = await query<{ totals: StorageTotals }>(selectTotals(), deadline);
      if (row === undefined) throw new Error("The statement of the totals selected nothing");
      return row.totals;
    },
  };
}
