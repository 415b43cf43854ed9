import { Prisma } from "../db/generated/prisma/client.js";
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

/** An order of sessions, in SQL. What has no value comes last in both directions, so that it comes first backwards. */
export type Ordering = {
  readonly orderBy: Prisma.Sql;
  /** The rows that come after a position in this order. */
  readonly after: (position: Position) => Prisma.Sql;
  readonly positionOf: (row: SessionRow) => Position;
};

/** The order by its name; `inverted` reads it from its end. */
export function toOrdering(order: SessionOrder, inverted = false): Ordering {
  const cut = order.lastIndexOf("_");
  const isDescending = (order.slice(cut + 1) === "DESC") !== inverted;
  const key = KEYS[order.slice(0, cut)];
  if (key === undefined) throw new Error(`Unknown order ${order}`);
  const column = Prisma.raw(`s."${key.column}"`);
  const direction = Prisma.raw(isDescending ? "DESC" : "ASC");
  const beyond = Prisma.raw(isDescending ? "<" : ">");
  const isNullable = key.column === "startedAt";
  const nulls = Prisma.raw(isNullable ? (inverted ? "NULLS FIRST" : "NULLS LAST") : "");

  return {
    orderBy: Prisma.sql`${column} ${direction} ${nulls}, s."id" ${direction}, s."key" ${direction}`,
    after({ value, id, key: rowKey }) {
      const tie = Prisma.sql`(s."id", s."key") ${beyond} (${id}::uuid, ${rowKey}::bigint)`;
      if (value === null) return inverted ? Prisma.sql`(${column} IS NOT NULL OR ${tie})` : Prisma.sql`(${column} IS NULL AND ${tie})`;
      const rows = Prisma.sql`(${column}, s."id", s."key") ${beyond} (${value}::${Prisma.raw(key.type)}, ${id}::uuid, ${rowKey}::bigint)`;
      return isNullable && !inverted ? Prisma.sql`(${rows} OR ${column} IS NULL)` : rows;
    },
    positionOf(row) {
      const value = row[key.column];
      return {
        value: value === null ? null : value instanceof Date ? value.toISOString() : String(value),
        id: row.id,
        key: String(row.key),
      };
    },
  };
}
