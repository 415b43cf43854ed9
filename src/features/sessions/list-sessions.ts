import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { EncodedList } from "../../db/row-codec.js";
import { createTemplates, limitBound, Parameter, toTemplate, type Arguments } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import type { Page, PageBounds } from "../../platform/paging.js";
import { sharedKeys } from "../projects/access.js";
import type { ProjectList } from "../projects/row.js";
import { toCondition, toProjectKeys, type SessionFilters } from "./filters.js";
import { toOrdering, type Position, type SessionOrder } from "./order.js";
import type { SessionRow } from "./row.js";
import { wholeSession, type SessionSelection } from "./selection.js";

export type ListOptions = { readonly filters?: SessionFilters; readonly orderBy: SessionOrder; readonly selection?: SessionSelection };
export type PageOptions = ListOptions & PageBounds<Position>;

type Dependencies = { readonly query: Query; readonly clock: Clock };

/** What a list is put together from: its options, the largest number of rows, and what the filters make of it. */
type List = Omit<PageOptions, "filters"> & {
  readonly most: number;
  /** The parameter with the number of rows; "rows" unless another list is in the same statement. */
  readonly rows?: Parameter;
  readonly condition: Prisma.Sql;
  readonly projectKeys: Prisma.Sql | null;
};

const userId = new Parameter("userId");

/** Lists of sessions, each served by an index in its order, however many sessions there are. */
export function createSessionLists({ query, clock }: Dependencies) {
  const templateOf = createTemplates();

  /** Without filters the text of a list depends on few things, so that it is put together once for each of them. */
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
    const rows = await query<EncodedList>(toStatement(name, principal, list), principal.deadline);
    return (list.options.selection ?? wholeSession).codec.readAll(rows);
  }

  return {
    /** The sessions of all projects that a user may see. */
    list: (principal: Principal, options: ListOptions, page: Page): Promise<SessionRow[]> =>
      read("visible", principal, { options: { ...options, inverted: false }, page, compose: composeVisible }),

    /** A part of that list, from its end backwards if inverted. */
    page: (principal: Principal, options: PageOptions, limit: number): Promise<SessionRow[]> =>
      read("visible", principal, { options, page: { limit, offset: 0 }, compose: composeVisible }),

    /** The same part of the list of each of several projects, in one statement. The caller may see the projects. */
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
    ...{ afterValue: from?.value, afterId: from?.id, afterKey: from?.key },
    ...{ beforeValue: until?.value, beforeId: until?.id, beforeKey: until?.key },
  };
}

const positionParameters = (name: string) => ({
  value: new Parameter(`${name}Value`),
  id: new Parameter(`${name}Id`),
  key: new Parameter(`${name}Key`),
});
const afterParameters = positionParameters("after");
const beforeParameters = positionParameters("before");

/** The first rows of an owner or a project in an order: an index serves them, however many there are. */
function firstOf(where: Prisma.Sql, list: List): Prisma.Sql {
  const { orderBy, after, before, inverted, condition, most, selection = wholeSession, rows = new Parameter("rows") } = list;
  const conditions = [
    where,
    ...(after === undefined ? [] : [toOrdering(orderBy).after(afterParameters)]),
    ...(before === undefined ? [] : [toOrdering(orderBy, true).after(beforeParameters)]),
    condition,
  ];
  // Rows are handed from step to step, so that they hold only what is read and what they are ordered by.
  const columns = [...new Set([...selection.codec.columns, toOrdering(orderBy).column, "id", "key", "projectKey"])];
  const first = Prisma.sql`SELECT ${Prisma.raw(columns.map((column) => `s."${column}"`).join(", "))} FROM "Session" s WHERE ${Prisma.join(conditions, " AND ")}
    ORDER BY ${toOrdering(orderBy, inverted).ofOneOwner} LIMIT ${Prisma.raw(String(most))}`;
  return Prisma.sql`(SELECT s.* FROM (${first}) s LIMIT ${rows})`;
}

function firstOfEach(keys: Prisma.Sql, list: List): Prisma.Sql {
  return Prisma.sql`(SELECT s.* FROM (${keys}) k("key") CROSS JOIN LATERAL ${firstOf(Prisma.sql`s."projectKey" = k."key"`, list)} s)`;
}

/** The first rows of all that a user may see: own sessions and those of each shared project, or of the projects that the filters name. */
function composeVisible(list: List): Prisma.Sql {
  const { projectKeys, orderBy, inverted, selection = wholeSession } = list;
  const own = Prisma.sql`s."ownerId" = ${userId}::uuid`;
  const rows =
    projectKeys === null
      ? Prisma.sql`(${firstOf(own, list)} UNION ALL ${firstOfEach(sharedKeys({ userId }), list)})`
      : firstOfEach(projectKeys, list);
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

/** The first sessions of the project called p, as a value that is selected with it. */
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
