import { Prisma } from "../../db/generated/prisma/client.js";
import type { Parameter } from "../../db/statement.js";
import { GREATEST_OWNER, LEAST_OWNER } from "../projects/owner-digest.js";
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

/** The position of a row among those of one owner: the value that orders it (null if it has none), and the id that breaks ties. */
export type Position = { readonly value: string | null; readonly id: string };

/** The columns from which a position is made. */
export type Positioned = Pick<SessionRow, Key | "id">;

/** A position whose parts are parameters of a statement. */
type PositionParameters = Readonly<Record<keyof Position, Parameter>>;

/** An order of sessions, in SQL. */
export type Ordering = {
  readonly orderBy: Prisma.Sql;
  /** The order among the sessions of one owner. Their ids are unique, so that an index serves all of the order. */
  readonly ofOneOwner: Prisma.Sql;
  /** The condition for the rows of one owner that come after a position in this order. */
  readonly after: (position: Position | PositionParameters) => Prisma.Sql;
  /** The same among the rows of several owners, of which two may have the same id. The position is one of this owner. */
  readonly afterOf: (owner: Prisma.Sql, position: Position | PositionParameters) => Prisma.Sql;
  /** The owner whose rows come last of those that are equal. */
  readonly lastOwner: Prisma.Sql;
  /** Turns a position into the values of its parameters. A missing value becomes the one by which the order sorts such rows. */
  readonly toBound: (position: Position) => Position;
  readonly positionOf: (row: Positioned) => Position;
  /** The column that the rows are ordered by. */
  readonly column: Key;
};

const orderings = new Map<string, Ordering>();

/** Returns the order with a name; `inverted` reads it from its end. */
export function toOrdering(order: SessionOrder, inverted = false): Ordering {
  const name = inverted ? `${order} inverted` : order;
  const known = orderings.get(name) ?? createOrdering(order, inverted);
  orderings.set(name, known);
  return known;
}

function createOrdering(order: SessionOrder, inverted: boolean): Ordering {
  const cut = order.lastIndexOf("_");
  const isDescending = order.slice(cut + 1) === "DESC";
  const key = KEYS[order.slice(0, cut)];
  if (key === undefined) throw new Error(`Unknown order ${order}`);
  const { column } = key;
  // A session without a start comes last in both directions. Two indexes have the same expressions.
  const endOfTime = isDescending ? "-infinity" : "infinity";
  const expression = Prisma.raw(column === "startedAt" ? `COALESCE(s."startedAt", '${endOfTime}')` : `s."${column}"`);
  const direction = Prisma.raw(isDescending === inverted ? "ASC" : "DESC");
  const type = Prisma.raw(key.type);
  const beyond = Prisma.raw(isDescending === inverted ? ">" : "<");

  return {
    column,
    orderBy: Prisma.sql`${expression} ${direction}, s."id" ${direction}, s."ownerId" ${direction}`,
    ofOneOwner: Prisma.sql`${expression} ${direction}, s."id" ${direction}`,
    after: ({ value, id }) => Prisma.sql`(${expression}, s."id") ${beyond} (${value ?? endOfTime}::${type}, ${id}::uuid)`,
    afterOf: (owner, { value, id }) =>
      Prisma.sql`(${expression}, s."id", s."ownerId") ${beyond} (${value ?? endOfTime}::${type}, ${id}::uuid, ${owner})`,
    lastOwner: isDescending === inverted ? GREATEST_OWNER : LEAST_OWNER,
    toBound: ({ value, id }) => ({ value: value ?? endOfTime, id }),
    positionOf(row) {
      const found = row[column];
      return { value: found === null ? null : found instanceof Date ? found.toISOString() : String(found), id: row.id };
    },
  };
}
