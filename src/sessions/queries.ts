import { z } from "zod";
import { parseInput } from "../errors/parse-input.js";
import { builder } from "../graphql/builder.js";
import { toConnection } from "../graphql/connections.js";
import { caller, type GraphQLContext } from "../graphql/context.js";
import { decodeCursor, encodeCursor, keyPart } from "../graphql/cursor.js";
import { limitNumber, pageInput } from "../platform/paging.js";
import { storableText } from "../platform/text.js";
import { sessionFilters } from "./filters.js";
import { SessionFiltersInput } from "./filters-graphql.js";
import { SessionInterface, SessionOrderEnum } from "./graphql.js";
import { toOrdering, type Position, type SessionOrder } from "./order.js";
import type { SessionRow } from "./row.js";

const USUAL_LIST = 100;
const USUAL_NESTED_LIST = 10;

const filtersDescription = "Which sessions are wanted; all if absent.";
const orderDescription = "How they are ordered.";

type ConnectionArguments = {
  first?: number | null;
  last?: number | null;
  after?: string | null;
  before?: string | null;
  filters?: unknown;
  orderBy?: SessionOrder | null;
};

/** A page of sessions as a connection; its cursors hold the order they were made for, and are refused with another. */
function sessionConnection(context: GraphQLContext, args: ConnectionArguments, projectKey?: bigint) {
  const principal = caller(context);
  const orderBy = args.orderBy ?? "CREATED_AT_DESC";
  const filters = parseInput(sessionFilters, args.filters, ["filters"]);
  const { positionOf } = toOrdering(orderBy);
  const cursor = z
    .tuple([z.literal(orderBy), positionValue(orderBy), z.guid(), keyPart])
    .transform(([, value, id, key]) => ({ value, id, key }));
  return toConnection<SessionRow, Position>(args, {
    decode: (text, argument) => decodeCursor(cursor, text, argument),
    encode: (row) => {
      const { value, id, key } = positionOf(row);
      return encodeCursor([orderBy, value, id, key]);
    },
    load: (bounds, limit) => context.services.sessions.listFrom(principal, { filters, orderBy, projectKey, ...bounds }, limit),
  });
}

function positionValue(orderBy: SessionOrder) {
  if (orderBy.startsWith("NAME")) return storableText;
  if (orderBy.startsWith("MARKDOWN_SIZE")) return z.string().regex(/^\d{1,9}$/);
  return orderBy.startsWith("STARTED_AT") ? z.iso.datetime().nullable() : z.iso.datetime();
}

const SessionConnection = builder.connectionObject(
  { type: SessionInterface, name: "SessionConnection", description: "A page of sessions." },
  { name: "SessionEdge", description: "A session with its place in the list." },
);

builder.queryFields((t) => ({
  sessions: t.field({
    type: [SessionInterface],
    description: "The sessions of all projects you can see. Needs sessions:read.",
    args: {
      filters: t.arg({ type: SessionFiltersInput, description: filtersDescription }),
      orderBy: t.arg({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: orderDescription }),
      limit: t.arg.int({ defaultValue: USUAL_LIST, description: "At most this many, 1 to 200." }),
      offset: t.arg.int({ defaultValue: 0, description: "Skips this many; for long lists sessionsConnection is faster." }),
    },
    resolve: (_root, { filters, orderBy, ...page }, context) => {
      const input = parseInput(pageInput(USUAL_LIST).extend({ filters: sessionFilters }), { ...page, filters });
      const options = { filters: input.filters, orderBy: orderBy ?? "CREATED_AT_DESC" };
      return context.services.sessions.list(caller(context), options, input);
    },
  }),
  sessionsConnection: t.connection(
    {
      type: SessionInterface,
      description: "The same as a Relay connection: pages that stay stable while sessions are stored and deleted.",
      args: {
        filters: t.arg({ type: SessionFiltersInput, description: filtersDescription }),
        orderBy: t.arg({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: orderDescription }),
      },
      resolve: (_root, args, context) => sessionConnection(context, args),
    },
    SessionConnection,
  ),
  session: t.field({
    type: SessionInterface,
    description: "One session. The id means your own session first, then one in a project that is shared with you.",
    args: {
      id: t.arg.id({ required: true, description: "The id of the session." }),
      projectId: t.arg.id({ description: "Looks in this project only." }),
    },
    resolve: (_root, args, context) => {
      const { id, projectId } = parseInput(z.object({ id: storableText, projectId: storableText.nullish() }), args);
      return context.services.sessions.get(caller(context), id, projectId ?? undefined);
    },
  }),
}));

builder.prismaObjectFields("Project", (t) => ({
  sessions: t.field({
    type: [SessionInterface],
    description: "Its sessions. Needs sessions:read.",
    args: {
      limit: t.arg.int({ defaultValue: USUAL_NESTED_LIST, description: "At most this many, 1 to 200." }),
      filters: t.arg({ type: SessionFiltersInput, description: filtersDescription }),
      orderBy: t.arg({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: orderDescription }),
    },
    resolve: ({ key }, args, { loaders }) => {
      const input = parseInput(nestedListInput, { limit: args.limit, filters: args.filters });
      return loaders.sessions({ ...input, orderBy: args.orderBy ?? "CREATED_AT_DESC" }).load(key);
    },
  }),
  sessionsConnection: t.connection(
    {
      type: SessionInterface,
      description: "Its sessions as a Relay connection. Needs sessions:read.",
      args: {
        filters: t.arg({ type: SessionFiltersInput, description: filtersDescription }),
        orderBy: t.arg({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: orderDescription }),
      },
      resolve: ({ key }, args, context) => sessionConnection(context, args, key),
    },
    SessionConnection,
  ),
}));

const nestedListInput = z.object({
  limit: limitNumber.nullish().transform((limit) => limit ?? USUAL_NESTED_LIST),
  filters: sessionFilters,
});
