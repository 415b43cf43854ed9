import { z } from "zod";
import { Prisma } from "../db/generated/prisma/client.js";
import { storableText } from "../platform/text.js";

const text = storableText.max(1_000, "must have at most 1000 characters");
const list = z.array(text).max(200, "must have at most 200 entries").nullish();
const time = z.date("must be a time").nullish();

const dateRange = z
  .object({ start: time, end: time })
  .refine(({ start, end }) => start == null || end == null || start <= end, { message: "must not be after end", path: ["start"] });

/** Filters of sessions: the values of a list are alternatives, different filters hold together. */
export const sessionFilters = z
  .object({
    projectId: text.nullish(),
    projectIds: list,
    clientName: text.nullish(),
    clientNames: list,
    agentName: text.nullish(),
    agentNames: list,
    deviceId: text.nullish(),
    deviceIds: list,
    gitBranches: list,
    llmModels: list,
    tags: list,
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
    searchText: text.nullish(),
  })
  .refine(({ startDate, endDate }) => startDate == null || endDate == null || startDate <= endDate, {
    message: "must not be after endDate",
    path: ["startDate"],
  })
  .nullish();

export type SessionFilters = z.output<typeof sessionFilters>;

const DAY_MS = 86_400_000;

/** The condition of the filters on the rows of "Session" s. Every value is bound, none is written into the SQL. */
export function toCondition(filters: SessionFilters, now: Date): Prisma.Sql {
  const conditions: Prisma.Sql[] = [];
  const add = <T>(value: T | null | undefined, condition: (value: T) => Prisma.Sql) => {
    if (value != null) conditions.push(condition(value));
  };
  const projects = (ids: string[]) => Prisma.sql`s."projectKey" IN (SELECT "key" FROM "Project" WHERE "id" = ANY(${ids}))`;

  add(filters?.projectId, (id) => projects([id]));
  add(filters?.projectIds, projects);
  add(filters?.clientName, (name) => Prisma.sql`s."clientName" = ${name}`);
  add(filters?.clientNames, (names) => Prisma.sql`s."clientName" = ANY(${names})`);
  add(filters?.agentName, (name) => Prisma.sql`s."agentName" = ${name}`);
  add(filters?.agentNames, (names) => Prisma.sql`s."agentName" = ANY(${names})`);
  add(filters?.deviceId, (id) => Prisma.sql`s."deviceId" = ${id}`);
  add(filters?.deviceIds, (ids) => Prisma.sql`s."deviceId" = ANY(${ids})`);
  add(filters?.gitBranches, (branches) => Prisma.sql`s."gitBranches" && ${branches}`);
  add(filters?.llmModels, (models) => Prisma.sql`s."llmModels" && ${models}`);
  add(filters?.tags, (tags) => Prisma.sql`s."tags" && ${tags}`);
  for (const from of [filters?.dateRange?.start, filters?.startDate]) add(from, (at) => Prisma.sql`s."createdAt" >= ${at}`);
  for (const until of [filters?.dateRange?.end, filters?.endDate]) add(until, (at) => Prisma.sql`s."createdAt" <= ${at}`);
  add(filters?.createdAfter, (days) => Prisma.sql`s."createdAt" >= ${new Date(now.getTime() - days * DAY_MS)}`);
  add(filters?.hasGitBranches, (wanted) => Prisma.sql`(cardinality(s."gitBranches") > 0) = ${wanted}`);
  add(
    filters?.searchText,
    (words) => Prisma.sql`s."key" = ANY(ARRAY(SELECT "sessionKey" FROM "SessionSearch" WHERE "document" @@ "searchQuery"(${words})))`,
  );
  return conditions.length === 0 ? Prisma.sql`TRUE` : Prisma.join(conditions, " AND ");
}
