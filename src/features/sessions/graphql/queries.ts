import { z } from "zod";
import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { pageArguments, toConnection } from "../../../kits/graphql/connections.js";
import { caller } from "../../../kits/graphql/context.js";
import { defineLoadersByArguments, defineRowsLoader } from "../../../kits/graphql/loaders.js";
import { argumentsOf, selectionAt, selectionBeneath, selectionOf } from "../../../kits/graphql/selection.js";
import { encodeCursor, keyPart } from "../../../platform/cursor.js";
import { limitNumber, pageInput } from "../../../platform/paging.js";
import { storableText } from "../../../platform/text.js";
import { timeText } from "../../../platform/time.js";
import { preloadedList, preloadWithProjects, type Preload } from "../../projects/graphql/look-ahead.js";
import { sessionFilters } from "../filters.js";
import { SessionFiltersInput } from "./filters-input.js";
import { SessionInterface, SessionOrderEnum } from "./type.js";
import { pageOfProject } from "../list-sessions.js";
import { lookAheadAtSessions, STORED_SESSION } from "./look-ahead.js";
import { sessionOrders, toOrdering, type Position, type SessionOrder } from "../order.js";
import type { SessionColumn, SessionRow } from "../row.js";
import type { SessionSelection } from "../selection.js";
import type { PageOptions } from "../service.js";

const USUAL_LIST = 100;
const USUAL_NESTED_LIST = 10;

const filtersDescription = "Which sessions are wanted; all if absent.";
const orderDescription = "How they are ordered.";

/** The arguments of a connection. Its cursors hold the order they were made for, and are rejected with another. */
function connectionInput(orderBy: SessionOrder) {
  const cursor = z
    .tuple([z.literal(orderBy), positionValue(orderBy), z.guid(), keyPart])
    .transform(([, value, id, key]) => ({ value, id, key }));
  return z.object({ filters: sessionFilters }).and(pageArguments(cursor));
}

// A schema is compiled when it is first used, which takes a hundred times as long as using it.
const connectionInputs = new Map(sessionOrders.map((order) => [order, connectionInput(order)]));
const listInput = pageInput(USUAL_LIST).extend({ filters: sessionFilters });
const idInput = z.object({ id: storableText, projectId: storableText.nullish() });

function readPage(args: { readonly orderBy?: SessionOrder | null }) {
  const orderBy = args.orderBy ?? "CREATED_AT_DESC";
  return { ...parseInput(connectionInputs.get(orderBy) ?? connectionInput(orderBy), args), orderBy };
}

type SessionPage = ReturnType<typeof readPage>;

/** Where the sessions of a connection are. */
const NODES = ["edges", "node"];

const toCursorColumns = (orderBy: SessionOrder): SessionColumn[] => ["id", "key", toOrdering(orderBy).column];

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
    resolve: (_root, { filters, orderBy, ...page }, context, info) => {
      const principal = caller(context);
      const input = parseInput(listInput, { ...page, filters });
      const selection = lookAheadAtSessions(selectionOf(info, STORED_SESSION), info, { principal });
      const options = { filters: input.filters, orderBy: orderBy ?? "CREATED_AT_DESC", selection };
      return context.services.sessions.list(principal, options, input);
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
      resolve: (_root, args, context, info) => {
        const principal = caller(context);
        const page = readPage(args);
        const columns = toCursorColumns(page.orderBy);
        const selection = lookAheadAtSessions(selectionAt(info, NODES, STORED_SESSION), info, { principal, columns });
        return toSessionConnection(page, (options, limit) => context.services.sessions.page(principal, { ...options, selection }, limit));
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
    resolve: (_root, args, context, info) => {
      const principal = caller(context);
      const { id, projectId } = parseInput(idInput, args);
      const fields = selectionOf(info, STORED_SESSION);
      const selection = lookAheadAtSessions(fields, info, { principal });
      const found = { selection, withMarkdown: fields.has("markdownContent") };
      return context.services.sessions.get(principal, { id, projectId: projectId ?? undefined }, found);
    },
  }),
}));

type NestedPage = PageOptions & { readonly limit: number; readonly selection: SessionSelection };

const sessionsOf = defineLoadersByArguments(
  (page: NestedPage) =>
    defineRowsLoader(
      (context, keys) => context.services.sessions.pagesOfProjects(caller(context), keys, page),
      ({ projectKey }) => projectKey,
    ),
  ({ selection, ...page }) => JSON.stringify([page, selection.variant]),
);

/** A plain page of sessions is read together with its projects; where its arguments are not valid, its field fails by itself. */
preloadWithProjects((fields, info, principal) => {
  const [field] = fields.get("sessions") ?? [];
  const owner = field?.nodes[0].selectionSet;
  if (field === undefined || owner === undefined || !principal.scopes.has("sessions:read")) return undefined;
  const page = plainPageOf(argumentsOf(info, field));
  if (page === null) return undefined;
  const selection = lookAheadAtSessions(selectionBeneath(info, field, STORED_SESSION), info, { principal });
  const last = preloadsOf.get(page);
  if (last !== undefined && last.selection === selection) return last.preload;
  const preload = { list: pageOfProject(page.orderBy, page.limit, selection), owner };
  preloadsOf.set(page, { selection, preload });
  return preload;
});

type PlainPage = { readonly limit: number; readonly orderBy: SessionOrder };

// What depends on the arguments alone is found once for each object of them.
const plainPages = new WeakMap<object, PlainPage | null>();
const preloadsOf = new WeakMap<PlainPage, { readonly selection: SessionSelection; readonly preload: Preload }>();

/** A page without filters; null where there are some, or where the arguments are not valid. */
function plainPageOf(args: object | undefined): PlainPage | null {
  if (args === undefined) return null;
  const known = plainPages.get(args);
  if (known !== undefined) return known;
  const parsed = nestedListArguments.safeParse(args);
  const page = parsed.success && parsed.data.filters == null ? parsed.data : null;
  plainPages.set(args, page);
  return page;
}

builder.prismaObjectFields("Project", (t) => ({
  sessions: t.field({
    type: [SessionInterface],
    description: "Its sessions. Needs sessions:read.",
    args: {
      limit: t.arg.int({ defaultValue: USUAL_NESTED_LIST, description: "At most this many, 1 to 200." }),
      filters: t.arg({ type: SessionFiltersInput, description: filtersDescription }),
      orderBy: t.arg({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: orderDescription }),
    },
    extensions: { columns: ["key"] },
    resolve: (project, args, context, info) => {
      const preloaded = preloadedList(project, info.fieldNodes[0]?.selectionSet);
      if (preloaded !== undefined) return preloaded as SessionRow[]; // what pageOfProject reads
      const principal = caller(context);
      const input = parseInput(nestedListInput, { limit: args.limit, filters: args.filters });
      const selection = lookAheadAtSessions(selectionOf(info, STORED_SESSION), info, { principal, columns: ["projectKey"] });
      const page = { ...input, orderBy: args.orderBy ?? "CREATED_AT_DESC", inverted: false, selection };
      return sessionsOf(context, page).load(project.key);
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
      extensions: { columns: ["key"] },
      resolve: ({ key }, args, context, info) => {
        const principal = caller(context);
        const page = readPage(args);
        const columns = [...toCursorColumns(page.orderBy), "projectKey" as const];
        const selection = lookAheadAtSessions(selectionAt(info, NODES, STORED_SESSION), info, { principal, columns });
        return toSessionConnection(page, (options, limit) => sessionsOf(context, { ...options, limit, selection }).load(key));
      },
    },
    SessionConnection,
  ),
}));

const nestedListInput = z.object({
  limit: limitNumber.nullish().transform((limit) => limit ?? USUAL_NESTED_LIST),
  filters: sessionFilters,
});

const nestedListArguments = nestedListInput.extend({
  orderBy: z
    .enum(sessionOrders)
    .nullish()
    .transform((order) => order ?? "CREATED_AT_DESC"),
});
