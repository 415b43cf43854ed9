import type { FieldBudget } from "../../core/auth/field-budget.js";
import { countRead, requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { sizeOf, type EncodedList } from "../../db/row-codec.js";
import { createTemplates, limitBound, Parameter, toTemplate, type Arguments } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import type { Page, PageBounds } from "../../platform/paging.js";
import { sharedKeys } from "../projects/access.js";
import { ownerOfDigest } from "../projects/owner-digest.js";
import type { ProjectList } from "../projects/row.js";
import { toCondition, toProjectKeys, type SessionFilters } from "./filters.js";
import { toOrdering, type Ordering, type Position, type SessionOrder } from "./order.js";
import type { SessionRow } from "./row.js";
import { wholeSession, type SessionSelection } from "./selection.js";

export type ListOptions = { readonly filters?: SessionFilters; readonly orderBy: SessionOrder; readonly selection?: SessionSelection };
/** A position in a list of several owners' sessions. The owner is a digest (projects/owner-digest.ts), null if it is not known. */
export type PlaceOfAll = Position & { readonly owner: string | null };
export type PageOptions = ListOptions & PageBounds<PlaceOfAll>;

type Dependencies = { readonly query: Query; readonly clock: Clock; readonly searchBudget: FieldBudget };

/** The parts of a list's statement: its options, the largest number of rows, and the SQL of the filters. */
type List = Omit<PageOptions, "filters"> & {
  readonly most: number;
  /** The parameter with the number of rows: "rows", unless the statement contains another list. */
  readonly rows?: Parameter;
  readonly condition: Prisma.Sql;
  readonly projectKeys: Prisma.Sql | null;
};

const userId = new Parameter("userId");

/** Lists sessions. An index serves each list in its order, however many sessions there are. */
export function createSessionLists({ query, clock, searchBudget }: Dependencies) {
  const templateOf = createTemplates();

  /** Makes the statement of a list. Without filters its text has few variants, so that each is composed once. */
  function toStatement(name: string, principal: Principal, list: ListToRead) {
    const { options, page, compose } = list;
    const { filters, ...others } = options;
    const most = limitBound(page.limit + page.offset);
    const args = { userId: principal.userId, ...argumentsOf(options, page), ...list.args };
    if (filters != null) {
      const projectKeys = toProjectKeys(filters, principal);
      return toTemplate(compose({ ...others, most, condition: toCondition(filters, clock.now()), projectKeys }))(args);
    }
    const { orderBy, after, before, inverted, selection } = options;
    const variant = [name, orderBy, after !== undefined, before !== undefined, inverted, most, selection?.variant].join();
    return templateOf(variant, () => compose({ ...others, most, condition: Prisma.sql`TRUE`, projectKeys: null }))(args);
  }

  async function read(name: string, principal: Principal, list: ListToRead): Promise<SessionRow[]> {
    requireScope(principal, "sessions:read");
    if (list.options.filters?.searchText != null) await searchBudget.charge(principal);
    const rows = await query<EncodedList>(toStatement(name, principal, list), principal.deadline);
    countRead(principal, sizeOf(rows));
    return (list.options.selection ?? wholeSession).codec.readAll(rows);
  }

  return {
    /** Lists the sessions of all projects that a user may see. */
    list: (principal: Principal, options: ListOptions, page: Page): Promise<SessionRow[]> =>
      read("visible", principal, { options: { ...options, inverted: false }, page, compose: composeVisible }),

    /** Reads a part of the list, from its end backwards if inverted. */
    page: (principal: Principal, options: PageOptions, limit: number): Promise<SessionRow[]> =>
      read("visible", principal, { options, page: { limit, offset: 0 }, compose: composeVisible }),

    /** Reads a part of the lists of several projects in one statement. The caller may see the projects. */
    pagesOfProjects: (principal: Principal, keys: readonly bigint[], { limit, ...options }: PageOptions & { readonly limit: number }) =>
      read("projects", principal, { options, page: { limit, offset: 0 }, compose: composePages, args: { keys: [...keys] } }),
  };
}

type ListToRead = {
  readonly options: PageOptions;
  readonly page: Page;
  readonly compose: (list: List) => Prisma.Sql;
  readonly args?: Arguments;
};

function argumentsOf({ orderBy, after, before }: PageOptions, { limit, offset }: Page): Arguments {
  const { toBound } = toOrdering(orderBy);
  const from = after && toBound(after);
  const until = before && toBound(before);
  return {
    ...{ limit, offset, rows: limit + offset },
    ...{ afterValue: from?.value, afterId: from?.id, afterOwner: after?.owner },
    ...{ beforeValue: until?.value, beforeId: until?.id, beforeOwner: before?.owner },
  };
}

const positionParameters = (name: string) => ({
  value: new Parameter(`${name}Value`),
  id: new Parameter(`${name}Id`),
  owner: new Parameter(`${name}Owner`),
});
const afterParameters = positionParameters("after");
const beforeParameters = positionParameters("before");

type Bounds = Pick<List, "orderBy" | "after" | "before">;

/** The conditions for the bounds of a list, all of whose rows have one owner. */
function boundsOfOne({ orderBy, after, before }: Bounds): Prisma.Sql[] {
  return [
    ...(after === undefined ? [] : [toOrdering(orderBy).after(afterParameters)]),
    ...(before === undefined ? [] : [toOrdering(orderBy, true).after(beforeParameters)]),
  ];
}

/** The conditions for the bounds of a list of all owners whose sessions the user may see. */
function boundsOfAll({ orderBy, after, before }: Bounds): Prisma.Sql[] {
  const beyond = (parameters: typeof afterParameters, { afterOf, lastOwner }: Ordering) =>
    afterOf(ownerOfDigest(parameters.owner, userId, lastOwner), parameters);
  return [
    ...(after === undefined ? [] : [beyond(afterParameters, toOrdering(orderBy))]),
    ...(before === undefined ? [] : [beyond(beforeParameters, toOrdering(orderBy, true))]),
  ];
}

/** Selects the first rows of an owner or a project in an order. An index serves them, however many there are. */
function firstOf(where: Prisma.Sql, list: List, bounds = boundsOfOne(list)): Prisma.Sql {
  const { orderBy, inverted, condition, most, selection = wholeSession, rows = new Parameter("rows") } = list;
  const conditions = [where, ...bounds, condition];
  // Each step of the statement copies its rows, so they hold only the columns that are read and those that order them.
  const columns = [...new Set([...selection.codec.columns, toOrdering(orderBy).column, "id", "ownerId", "projectKey"])];
  const first = Prisma.sql`SELECT ${Prisma.raw(columns.map((column) => `s."${column}"`).join(", "))} FROM "Session" s WHERE ${Prisma.join(conditions, " AND ")}
    ORDER BY ${toOrdering(orderBy, inverted).ofOneOwner} LIMIT ${Prisma.raw(String(most))}`;
  return Prisma.sql`(SELECT s.* FROM (${first}) s LIMIT ${rows})`;
}

function firstOfEach(keys: Prisma.Sql, list: List, bounds?: Prisma.Sql[]): Prisma.Sql {
  return Prisma.sql`(SELECT s.* FROM (${keys}) k("key") CROSS JOIN LATERAL ${firstOf(Prisma.sql`s."projectKey" = k."key"`, list, bounds)} s)`;
}

/**
 * Selects the first rows that a user may see: of the user's own sessions and those of each shared project, or of the
 * projects that the filters name.
 */
function composeVisible(list: List): Prisma.Sql {
  const { projectKeys, orderBy, inverted, selection = wholeSession } = list;
  const own = Prisma.sql`s."ownerId" = ${userId}::uuid`;
  const bounds = boundsOfAll(list);
  const rows =
    projectKeys === null
      ? Prisma.sql`(${firstOf(own, list, bounds)} UNION ALL ${firstOfEach(sharedKeys({ userId }), list, bounds)})`
      : firstOfEach(projectKeys, list, bounds);
  return Prisma.sql`SELECT ${selection.codec.list} FROM (
    SELECT * FROM ${rows} s ORDER BY ${toOrdering(orderBy, inverted).orderBy} LIMIT ${new Parameter("limit")} OFFSET ${new Parameter("offset")}) s`;
}

function composePages(list: List): Prisma.Sql {
  const { projectKeys, orderBy, inverted, selection = wholeSession } = list;
  const given = Prisma.sql`SELECT unnest(${new Parameter("keys")}::bigint[])`;
  const rows = firstOfEach(projectKeys === null ? given : Prisma.sql`${given} INTERSECT (${projectKeys})`, list);
  return Prisma.sql`SELECT ${selection.codec.list} FROM (
    SELECT * FROM ${rows} s ORDER BY s."projectKey", ${toOrdering(orderBy, inverted).orderBy}) s`;
}

/** Makes the first sessions of the project called p a value that is selected with the project. */
export function pageOfProject(orderBy: SessionOrder, limit: number, selection: SessionSelection): ProjectList {
  const most = limitBound(limit);
  return {
    variant: `${orderBy} ${most} ${selection.variant}`,
    compose() {
      const list = { orderBy, inverted: false, selection, most, rows: new Parameter("sessionRows") };
      const rows = firstOf(Prisma.sql`s."projectKey" = p."key"`, { ...list, condition: Prisma.sql`TRUE`, projectKeys: null });
      return Prisma.sql`(SELECT ${selection.codec.values} FROM ${rows} s)`;
    },
    read: selection.codec.readValues,
    args: { sessionRows: limit },
  };
}
