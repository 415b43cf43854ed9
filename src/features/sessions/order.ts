import { Prisma } from "../../db/generated/prisma/client.js";
import type { SessionRow } from "./row.js";

type Key = "createdAt" | "updatedAt" | "startedAt" | "name" | "markdownSize";

const KEYS: Readonly<Record<string, { readonly column: Key; readonly type: string }>> = {
  CREATED_AT: { column: "createdAt", type: "timestamptz" },
  UPDATED_AT: { column: "updatedAt", type: "timestamptz" },
  STARTED_AT: { column: "startedAt", type: "timestamptz" },
  NAME: { column: "name", type: "text" },
  MARKDOWN_SIZE: { column: "markdownSize", type: "integer" },
};

export const sessionOrders = [
  "CREATED_AT_ASC", "CREATED_AT_DESC", "UPDATED_AT_ASC", "UPDATED_AT_DESC", "STARTED_AT_ASC", "STARTED_AT_DESC", "NAME_ASC", "NAME_DESC",
  "MARKDOWN_SIZE_ASC", "MARKDOWN_SIZE_DESC",
] as const; // prettier-ignore

export type SessionOrder = (typeof sessionOrders)[number];

/** Where a row stands in an order: the value it is ordered by (null where it has none), and what breaks ties. */
export type Position = { readonly value: string | null; readonly id: string; readonly key: string };

/** An order of sessions, in SQL. */
export type Ordering = {
  readonly orderBy: Prisma.Sql;
  /** The same among sessions of one owner, where no two have one id: an index serves it to the end. */
  readonly ofOneOwner: Prisma.Sql;
  /** The rows that come after a position in this order. */
  readonly after: (position: Position) => Prisma.Sql;
  readonly positionOf: (row: SessionRow) => Position;
};

/** The order by its name; `inverted` reads it from its end. */
export function toOrdering(order: SessionOrder, inverted = false): Ordering {
  const cut = order.lastIndexOf("_");
  const isDescending = order.slice(cut + 1) === "DESC";
  const key = KEYS[order.slice(0, cut)];
  if (key === undefined) throw new Error(`Unknown order ${order}`);
  // A start that is not known comes last in both directions, as the two indexes of it have it.
  const endOfTime = Prisma.raw(isDescending ? "'-infinity'" : "'infinity'");
  const column = Prisma.raw(`s."${key.column}"`);
  const value = key.column === "startedAt" ? Prisma.sql`COALESCE(${column}, ${endOfTime})` : column;
  const direction = Prisma.raw(isDescending === inverted ? "ASC" : "DESC");
  const beyond = Prisma.raw(isDescending === inverted ? ">" : "<");

  return {
    orderBy: Prisma.sql`${value} ${direction}, s."id" ${direction}, s."key" ${direction}`,
    ofOneOwner: Prisma.sql`${value} ${direction}, s."id" ${direction}`,
    after({ value: known, id, key: rowKey }) {
      const place = known === null ? endOfTime : Prisma.sql`${known}`;
      return Prisma.sql`(${value}, s."id", s."key") ${beyond} (${place}::${Prisma.raw(key.type)}, ${id}::uuid, ${rowKey}::bigint)`;
    },
    positionOf(row) {
      const found = row[key.column];
      return {
        value: found === null ? null : found instanceof Date ? found.toISOString() : String(found),
        id: row.id,
        key: String(row.key),
      };
    },
  };
}
