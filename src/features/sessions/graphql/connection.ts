import { z } from "zod";
import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../../kits/graphql/connections.js";
import { encodeCursor, formerKey } from "../../../platform/cursor.js";
import { storableText } from "../../../platform/text.js";
import { timeText } from "../../../platform/time.js";
import { ownerDigest, toOwnerDigest } from "../../projects/owner-digest.js";
import { sessionFilters } from "../filters.js";
import { sessionOrders, toOrdering, type SessionOrder } from "../order.js";
import type { SessionColumn, SessionRow } from "../row.js";
import type { PageOptions, PlaceOfAll } from "../service.js";
import { SessionInterface } from "./type.js";

/** Validates the arguments of a connection. A cursor holds the order that it was made for, and is rejected with another one. */
function connectionInput(orderBy: SessionOrder) {
  const cursor = z
    .tuple([z.literal(orderBy), positionValue(orderBy), z.guid(), z.union([ownerDigest, formerKey.transform(() => null)])])
    .transform(([, value, id, owner]): PlaceOfAll => ({ value, id, owner }));
  return z.object({ filters: sessionFilters }).and(pageArguments(cursor));
}

// Zod compiles a schema when it is first used, so schemas are made once and not for each request.
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

/** The path to the sessions of a connection. */
export const NODES = ["edges", "node"];

export const toCursorColumns = (orderBy: SessionOrder): SessionColumn[] => ["id", "ownerId", toOrdering(orderBy).column];

/** Makes cursors. They hold the row's id and the value that orders it, so that rows that come or go do not move a page. */
function toCursor(orderBy: SessionOrder): (row: SessionRow) => string {
  const { positionOf } = toOrdering(orderBy);
  const digests = new Map<string, string>(); // most rows of a page have one owner
  return (row) => {
    const { value, id } = positionOf(row);
    const owner = digests.get(row.ownerId) ?? toOwnerDigest(row.ownerId);
    digests.set(row.ownerId, owner);
    return encodeCursor([orderBy, value, id, owner]);
  };
}

export function toSessionConnection(
  { filters, orderBy, ...page }: SessionPage,
  find: (options: PageOptions, limit: number) => Promise<SessionRow[]>,
) {
  return toConnection<SessionRow, PlaceOfAll>(page, {
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
