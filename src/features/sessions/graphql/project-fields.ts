import { z } from "zod";
import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { caller } from "../../../kits/graphql/context.js";
import { defineLoadersByArguments, defineRowsLoader } from "../../../kits/graphql/loaders.js";
import { argumentsOf, selectionAt, selectionBeneath, selectionOf } from "../../../kits/graphql/selection.js";
import { limitNumber } from "../../../platform/paging.js";
import { preloadedList, preloadWithProjects, type Preload } from "../../projects/graphql/look-ahead.js";
import { sessionFilters } from "../filters.js";
import { pageOfProject } from "../list-sessions.js";
import { sessionOrders, type SessionOrder } from "../order.js";
import type { SessionRow } from "../row.js";
import type { SessionSelection } from "../selection.js";
import type { PageOptions } from "../service.js";
import { NODES, readPage, SessionConnection, toCursorColumns, toSessionConnection } from "./connection.js";
import { listArguments } from "./filters-input.js";
import { lookAheadAtSessions, STORED_SESSION } from "./look-ahead.js";
import { SessionInterface } from "./type.js";

const USUAL_NESTED_LIST = 10;

type NestedPage = PageOptions & { readonly limit: number; readonly selection: SessionSelection };

const sessionsOf = defineLoadersByArguments(
  (page: NestedPage) =>
    defineRowsLoader(
      (context, keys) => context.services.sessions.pagesOfProjects(caller(context), keys, page),
      ({ projectKey }) => projectKey,
    ),
  ({ selection, ...page }) => JSON.stringify([page, selection.variant]),
);

/**
 * Reads a plain page of sessions together with the projects. If its arguments are not valid, nothing is preloaded and the
 * field itself fails.
 */
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

// The page depends on the arguments only, so it is found once for each object of arguments.
const plainPages = new WeakMap<object, PlainPage | null>();
const preloadsOf = new WeakMap<PlainPage, { readonly selection: SessionSelection; readonly preload: Preload }>();

/** Reads the arguments of a page without filters. Returns null if there are filters, or if the arguments are not valid. */
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
      ...listArguments,
    },
    extensions: { columns: ["key"] },
    resolve: (project, args, context, info) => {
      const preloaded = preloadedList(project, info.fieldNodes[0]?.selectionSet);
      if (preloaded !== undefined) return preloaded as SessionRow[]; // pageOfProject has read them
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
      args: listArguments,
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
