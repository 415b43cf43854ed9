import { z } from "zod";
import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../kits/graphql/connections.js";
import { caller } from "../../kits/graphql/context.js";
import { defineLoadersByArguments, defineRowsLoader } from "../../kits/graphql/loaders.js";
import { encodeCursor, keyPart } from "../../platform/cursor.js";
import { limitNumber, pageInput } from "../../platform/paging.js";
import { storableText } from "../../platform/text.js";
import { timeText } from "../../platform/time.js";
import { sessionFilters } from "./filters.js";
import { SessionFiltersInput } from "./filters-graphql.js";
import { SessionInterface, SessionOrderEnum } from "./graphql.js";
import { toOrdering, type Position, type SessionOrder } from "./order.js";
import type { SessionRow } from "./row.js";
import type { PageOptions } from "./service.js";

const USUAL_LIST = 100;
const USUAL_NESTED_LIST = 10;

const filtersDescription = "Which sessions are wanted; all if absent.";
const orderDescription = "How they are ordered.";

/** Reads the arguments of a connection. Its cursors hold the order they were made for, and are refused with another. */
function readPage(args: { readonly orderBy?: SessionOrder | null }) {
  const orderBy = args.orderBy ?? "CREATED_AT_DESC";
  const cursor = z
    .tuple([z.literal(orderBy), positionValue(orderBy), z.guid(), keyPart])
    .transform(([, value, id, key]) => ({ value, id, key }));
  return { ...parseInput(z.object({ filters: sessionFilters }).and(pageArguments(cursor)), args), orderBy };
}

type SessionPage = ReturnType<typeof readPage>;

/** Cursors name the row and the value it is ordered by, so that a page stays where it is while rows come and go. */
function toCursor(orderBy: SessionOrder): (row: SessionRow) => string {
  const { positionOf } = toOrdering(orderBy);
  return (row) => {
    const { value, id, key } = positionOf(row);
    return encodeCursor([orderBy, value, id, key]);
  };
}

function toSessionConnection(
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
      resolve: (_root, args, context) => {
        const principal = caller(context);
        return toSessionConnection(readPage(args), (options, limit) => context.services.sessions.page(principal, options, limit));
      },
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

const sessionsOf = defineLoadersByArguments(({ limit, ...options }: PageOptions & { readonly limit: number }) =>
  defineRowsLoader(
    (context, keys) => context.services.sessions.pagesOfProjects(caller(context), keys, options, limit),
    ({ projectKey }) => projectKey,
  ),
);

builder.prismaObjectFields("Project", (t) => ({
  sessions: t.field({
    type: [SessionInterface],
    description: "Its sessions. Needs sessions:read.",
    args: {
      limit: t.arg.int({ defaultValue: USUAL_NESTED_LIST, description: "At most this many, 1 to 200." }),
      filters: t.arg({ type: SessionFiltersInput, description: filtersDescription }),
      orderBy: t.arg({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: orderDescription }),
    },
    resolve: ({ key }, args, context) => {
      const input = parseInput(nestedListInput, { limit: args.limit, filters: args.filters });
      return sessionsOf(context, { ...input, orderBy: args.orderBy ?? "CREATED_AT_DESC", inverted: false }).load(key);
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
      resolve: ({ key }, args, context) =>
        toSessionConnection(readPage(args), (options, limit) => sessionsOf(context, { ...options, limit }).load(key)),
    },
    SessionConnection,
  ),
}));

const nestedListInput = z.object({
  limit: limitNumber.nullish().transform((limit) => limit ?? USUAL_NESTED_LIST),
  filters: sessionFilters,
});
