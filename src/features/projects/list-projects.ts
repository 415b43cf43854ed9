import { countRead, requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type Project } from "../../db/generated/prisma/client.js";
import { sizeOf, type EncodedList } from "../../db/row-codec.js";
import { createTemplates, limitBound, Parameter, toTemplate } from "../../db/statement.js";
import { pagesOf, type Page, type PageBounds } from "../../platform/paging.js";
import { accessibleKeys } from "./access.js";
import { GREATEST_OWNER, LEAST_OWNER, ownerOfDigest, toOwnerDigest } from "./owner-digest.js";
import { projectRow, wholeProject, type ProjectSelection } from "./row.js";

/** A place in the list. The owner is a digest (owner-digest.ts). */
export type ProjectCursor = { readonly createdAt: string; readonly id: string; readonly owner: string };

type Bounds = PageBounds<ProjectCursor>;

/** The number of rows that are read at once of the whole list. */
const PAGE = 500;

const NEWEST: Bounds = { inverted: false };
const userId = new Parameter("userId");

/** Lists the projects that a user may see. */
export function createProjectLists({ query }: { readonly query: Query }) {
  const templateOf = createTemplates();

  async function read(principal: Principal, bounds: Bounds, { limit, offset, selection = wholeProject }: Page & Selected) {
    requireScope(principal, "projects:read");
    const { after, before, inverted } = bounds;
    const most = limitBound(limit + offset);
    const variant = [most, after !== undefined, before !== undefined, inverted, selection.variant].join();
    const template = templateOf(variant, () => composeList(bounds, most, selection));
    const args = { ...selection.args, userId: principal.userId, limit, offset, rows: limit + offset };
    const values = { ...args, ...toArguments("after", after), ...toArguments("before", before) };
    const rows = await query<EncodedList>(template(values), principal.deadline);
    countRead(principal, sizeOf(rows));
    return selection.codec.readAll(rows);
  }

  return {
    /** Lists the projects, the newest first. */
    list: (principal: Principal, page: Page, selection?: ProjectSelection): Promise<Project[]> =>
      read(principal, NEWEST, { ...page, selection }),

    /** Reads a part of the list, from its end backwards if inverted. */
    page: (principal: Principal, bounds: Bounds, { limit, selection }: { readonly limit: number } & Selected): Promise<Project[]> =>
      read(principal, bounds, { limit, offset: 0, selection }),

    /** Reads the whole list in pages, each on demand. */
    all(principal: Principal): AsyncGenerator<Project[]> {
      requireScope(principal, "projects:read");
      return pagesOf(PAGE, (last?: Project) => {
        return read(principal, { after: last && toProjectCursor(last), inverted: false }, { limit: PAGE, offset: 0 });
      });
    },

    /** Finds projects by their internal keys, if the user may see them: the projects of listed sessions. */
    async byKeys(principal: Principal, keys: readonly bigint[]): Promise<Project[]> {
      requireScope(principal, "projects:read");
      return projectRow.readAll(await query<EncodedList>(byKeys({ userId: principal.userId, keys: [...keys] }), principal.deadline));
    },
  };
}

export function toProjectCursor({ createdAt, id, ownerId }: Pick<Project, "createdAt" | "id" | "ownerId">): ProjectCursor {
  return { createdAt: createdAt.toISOString(), id, owner: toOwnerDigest(ownerId) };
}

const toArguments = (name: string, cursor: ProjectCursor | undefined) => ({
  [`${name}Time`]: cursor?.createdAt,
  [`${name}Id`]: cursor?.id,
  [`${name}Owner`]: cursor?.owner,
});

type Selected = { readonly selection?: ProjectSelection | undefined };

const byKeys = toTemplate(Prisma.sql`SELECT ${projectRow.list} FROM "Project" p
  WHERE p."key" = ANY(${new Parameter("keys")}::bigint[]) AND p."key" IN (${accessibleKeys({ userId })})`);

// One order of ids on every database, whatever its locale.
const ID = Prisma.sql`p."id" COLLATE "C"`;
const PLACE = Prisma.sql`(p."createdAt", ${ID}, p."ownerId")`;

function placeOf(name: string, otherwise: Prisma.Sql): Prisma.Sql {
  const owner = ownerOfDigest(new Parameter(`${name}Owner`), userId, otherwise);
  return Prisma.sql`(${new Parameter(`${name}Time`)}::timestamptz, ${new Parameter(`${name}Id`)}::text, ${owner})`;
}

/** Selects the first of the user's own projects, which an index gives in their order, and the first of the shared ones. */
function composeList({ after, before, inverted }: Bounds, most: number, { codec }: ProjectSelection): Prisma.Sql {
  const direction = Prisma.raw(inverted ? "ASC" : "DESC");
  const order = Prisma.sql`ORDER BY p."createdAt" ${direction}, ${ID} ${direction}, p."ownerId" ${direction}`;
  const older = after && Prisma.sql`AND ${PLACE} < ${placeOf("after", LEAST_OWNER)}`;
  const newer = before && Prisma.sql`AND ${PLACE} > ${placeOf("before", GREATEST_OWNER)}`;
  const columns = Prisma.raw([...new Set([...codec.columns, "createdAt", "id", "ownerId"])].map((column) => `p."${column}"`).join(", "));
  const first = (from: Prisma.Sql) => Prisma.sql`SELECT * FROM (
    SELECT ${columns} FROM ${from} ${older ?? Prisma.empty} ${newer ?? Prisma.empty} ${order} LIMIT ${Prisma.raw(String(most))}) p LIMIT ${new Parameter("rows")}`;
  const own = Prisma.sql`"Project" p WHERE p."ownerId" = ${userId}::uuid`;
  const shared = Prisma.sql`"ProjectMember" m JOIN "Project" p ON p."key" = m."projectKey" WHERE m."userId" = ${userId}::uuid`;
  return Prisma.sql`SELECT ${codec.list} FROM (
    SELECT * FROM ((${first(own)}) UNION ALL (${first(shared)})) p ${order} LIMIT ${new Parameter("limit")} OFFSET ${new Parameter("offset")}) p`;
}
