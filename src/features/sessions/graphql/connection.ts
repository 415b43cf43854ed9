import { z } from "zod";
import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../../kits/graphql/connections.js";
import { encodeCursor, keyPart } from "../../../platform/cursor.js";
import { storableText } from "../../../platform/text.js";
import { timeText } from "../../../platform/time.js";
import { sessionFilters } from "../filters.js";
import { sessionOrders, toOrdering, type Position, type SessionOrder } from "../order.js";
import type { SessionColumn, SessionRow } from "../row.js";
import type { PageOptions } from "../service.js";
import { SessionInterface } from "./type.js";

/** The arguments of a connection. Its cursors hold the order they were made for, and are rejected with another. */
function connectionInput(orderBy: SessionOrder) {
  const cursor = z
    .tuple([z.literal(orderBy), positionValue(orderBy), z.guid(), keyPart])
    .transform(([, value, id, key]) => ({ value, id, key }));
  return z.object({ filters: sessionFilters }).and(pageArguments(cursor));
}

// A schema is compiled when it is first used, so that none is made for a request.
const connectionInputs = Object.fromEntries(sessionOrders.map((order) => [order, connectionInput(order)])) as Record<
  SessionOrder,
  ReturnType<typeof connectionInput>
>; // Object.fromEntries loses the keys' types

/** Reads the arguments of a connection. */
export function readPage(args: { readonly orderBy?: SessionOrder | null }) {
  const orderBy = args.orderBy ?? "CREATED_AT_DESC";
  return { ...parseInput(connectionInputs[orderBy], args), orderBy };
}

type SessionPage = ReturnType<typeof readPage>;

/** Where the sessions of a connection are. */
export const NODES = ["edges", "node"];

export const toCursorColumns = (orderBy: SessionOrder): SessionColumn[] => ["id", "key", toOrdering(orderBy).column];

/** Cursors name the row and the value it is ordered by, so that a page stays where it is while rows come and go. */
function toCursor(orderBy: SessionOrder): (row: SessionRow) => string {
  const { positionOf } = toOrdering(orderBy);
  return (row) => {
    const { value, id, key } = positionOf(row);
    return encodeCursor([orderBy, value, id, key]);
  };
}

export function toSessionConnection(
  { filters, orderBy, ...page }: SessionPage,
  find: (options: PageOptions, limit: number) => Promise<SessionRow[]>,
) {
  return toConnection<SessionRow, Position>(page, {
    encode: toCursor(orderBy),
    load: (bounds, limit) => find({ filters, orderBy, ...bounds }, limit),
  });
}

function positionValue(orderBy: SessionOrder) {
  if (orderBy.startsWith("NAME")) return storableText;
  if (orderBy.startsWith("MARKDOWN_SIZE")) return z.string().regex(/^\d{1,9}$/);
  return orderBy.startsWith("STARTED_AT") ? timeText.nullable() : timeText;
}

export const SessionConnection = builder.connectionObject(
  { type: SessionInterface, name: "SessionConnection", description: "A page of sessions." },
  { name: "SessionEdge", description: "A session with its place in the list." },
);
