import { z } from "zod";
import type { Principal } from "../../core/auth/principal.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { atMost, storableText } from "../../platform/text.js";
import { notAfter, timeValue } from "../../platform/time.js";
import { keysOfIds } from "../projects/access.js";
import { filterNames, filterOf, mapFilters, type MetadataFilter } from "./metadata.js";
import { parseQuery } from "./search-query.js";

const text = storableText.refine(...atMost(1_000));
const list = z.array(text).max(200, "must have at most 200 entries").nullish();
const time = timeValue.nullish();

const dateRange = z.object({ start: time, end: time }).refine(...notAfter("start", "end"));

/** Filters of sessions: the values of a list are alternatives, different filters hold together. */
export const sessionFilters = z
  .object({
    projectId: text.nullish(),
    projectIds: list,
    ...mapFilters(
      () => text.nullish(),
      () => list,
    ),
    dateRange: dateRange.nullish(),
    startDate: time,
    endDate: time,
    createdAfter: z
      .number("must be a whole number of days")
      .int("must be a whole number of days")
      .min(0, "must not be negative")
      .max(36_500, "must be at most 36500")
      .nullish(),
    hasGitBranches: z.boolean().nullish(),
    searchText: text.transform((query) => (query.trim() === "" ? null : query)).nullish(),
  })
  .refine(...notAfter("startDate", "endDate"))
  .nullish();

export type SessionFilters = z.output<typeof sessionFilters>;

const DAY_MS = 86_400_000;

/**
 * Selects the keys of the projects that the filters name, or null where they name none. An id stands for the same project
 * as everywhere else: the user's own one, or one that is shared. Ids of other users' projects select nothing.
 */
export function toProjectKeys(filters: SessionFilters, principal: Principal): Prisma.Sql | null {
  const { projectId, projectIds } = filters ?? {};
  if (projectId == null && projectIds == null) return null;
  const ids = projectIds ?? (projectId == null ? [] : [projectId]);
  return keysOfIds(principal, projectId == null ? ids : ids.filter((id) => id === projectId));
}

/** The condition of all other filters on the rows of "Session" s. Every value is bound, none is written into the SQL. */
export function toCondition(filters: SessionFilters, now: Date): Prisma.Sql {
  const conditions: Prisma.Sql[] = [];
  const add = <T>(value: T | null | undefined, condition: (value: T) => Prisma.Sql) => {
    if (value != null) conditions.push(condition(value));
  };

  for (const name of filterNames) add(filters?.[name], (value) => toMatch(filterOf(name), value));
  for (const from of [filters?.dateRange?.start, filters?.startDate]) add(from, (at) => Prisma.sql`s."createdAt" >= ${at}`);
  for (const until of [filters?.dateRange?.end, filters?.endDate]) add(until, (at) => Prisma.sql`s."createdAt" <= ${at}`);
  add(filters?.createdAfter, (days) => Prisma.sql`s."createdAt" >= ${new Date(now.getTime() - days * DAY_MS)}`);
  add(filters?.hasGitBranches, (wanted) => Prisma.sql`(cardinality(s."gitBranches") > 0) = ${wanted}`);
  add(
    filters?.searchText,
    (words) =>
      Prisma.sql`s."key" IN (SELECT "sessionKey" FROM "SessionSearch" WHERE "document" @@ websearch_to_tsquery('simple', ${parseQuery(words).text}))`,
  );
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, " AND ");
}

function toMatch({ field, match }: MetadataFilter, value: string | readonly string[]): Prisma.Sql {
  const column = Prisma.raw(`s."${field}"`);
  if (match === "is") return Prisma.sql`${column} = ${value}`;
  return match === "isAnyOf" ? Prisma.sql`${column} = ANY(${value})` : Prisma.sql`${column} && ${value}`;
}
