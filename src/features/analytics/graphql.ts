import { z } from "zod";
import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { defineLoadersByArguments, defineRowLoader, defineRowsLoader } from "../../kits/graphql/loaders.js";
import { limitNumber } from "../../platform/paging.js";
import { timeRangeInput } from "./input.js";
import type { ProjectTotals, TimeRange } from "./service.js";

const TimeRangeInput = builder.inputType("TimeRange", {
  description: "A span of time, both ends included.",
  fields: (t) => ({
    start: t.field({ type: "DateTime", required: true, description: "Not before this." }),
    end: t.field({ type: "DateTime", description: "Not after this; absent is now." }),
  }),
});

const ModelCount = builder.objectRef<{ model: string; count: number }>("ModelCount").implement({
  description: "How many sessions a model answered in.",
  fields: (t) => ({
    model: t.exposeString("model", { nullable: false, description: "The model." }),
    count: t.exposeInt("count", { nullable: false, description: "Sessions it answered in." }),
  }),
});

const Stats = builder.objectRef<{ totalSessions: number; totalProjects: number; sessionsThisWeek: number }>("Stats").implement({
  description: "Counts over all projects you can see.",
  fields: (t) => ({
    totalSessions: t.exposeInt("totalSessions", { nullable: false, description: "All sessions." }),
    totalProjects: t.exposeInt("totalProjects", { nullable: false, description: "All projects." }),
    sessionsThisWeek: t.exposeInt("sessionsThisWeek", { nullable: false, description: "Sessions created within the last seven days." }),
    topLLMModels: t.field({
      type: [ModelCount],
      description: "The models that answered in most sessions.",
      args: { limit: t.arg.int({ defaultValue: 5, description: "At most this many, 1 to 200." }) },
      resolve: (_stats, args, context) =>
        context.services.analytics.topModels(caller(context), parseInput(limitNumber, args.limit ?? 5, ["limit"])),
    }),
  }),
});

const ModelUsage = builder.objectRef<{ model: string; count: number; totalSize: number }>("ModelUsage").implement({
  description: "The use of a model.",
  fields: (t) => ({
    model: t.exposeString("model", { nullable: false, description: "The model." }),
    count: t.exposeInt("count", { nullable: false, description: "Sessions it answered in." }),
    totalSize: t.expose("totalSize", { type: "NonNegativeFloat", nullable: false, description: "Bytes of their Markdown." }),
  }),
});

const ClientUsage = builder.objectRef<{ client: string; count: number; averageSize: number }>("ClientUsage").implement({
  description: "The use of a client.",
  fields: (t) => ({
    client: t.exposeString("client", { nullable: false, description: "The program." }),
    count: t.exposeInt("count", { nullable: false, description: "Sessions it stored." }),
    averageSize: t.expose("averageSize", { type: "NonNegativeFloat", nullable: false, description: "Average bytes of their Markdown." }),
  }),
});

const DayActivity = builder.objectRef<{ date: string; sessions: number; projects: number }>("DayActivity").implement({
  description: "What happened on a day.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", nullable: false, description: "The day, in UTC." }),
    sessions: t.exposeInt("sessions", { nullable: false, description: "Sessions created." }),
    projects: t.exposeInt("projects", { nullable: false, description: "Projects they belong to." }),
  }),
});

const Analytics = builder.objectRef<{ totalSessions: number; totalProjects: number; range: TimeRange }>("Analytics").implement({
  description: "Sessions created in a span of time, in all projects you can see.",
  fields: (t) => ({
    totalSessions: t.exposeInt("totalSessions", { nullable: false, description: "Sessions." }),
    totalProjects: t.exposeInt("totalProjects", { nullable: false, description: "Projects they belong to." }),
    sessionsByModel: t.field({
      type: [ModelUsage],
      description: "By model, the most used first, at most 200.",
      resolve: ({ range }, _args, context) => context.services.analytics.byModel(caller(context), range),
    }),
    sessionsByClient: t.field({
      type: [ClientUsage],
      description: "By client, the most used first, at most 200; without sessions whose client is not known.",
      resolve: ({ range }, _args, context) => context.services.analytics.byClient(caller(context), range),
    }),
    activityByDay: t.field({
      type: [DayActivity],
      description: "By day, the days without sessions left out, at most the latest 366.",
      resolve: ({ range }, _args, context) => context.services.analytics.byDay(caller(context), range),
    }),
  }),
});

builder.queryFields((t) => ({
  stats: t.field({
    type: Stats,
    description: "Counts over all projects you can see. Needs sessions:read.",
    resolve: (_root, _args, context) => context.services.analytics.totals(caller(context)),
  }),
  analytics: t.field({
    type: Analytics,
    description: "Sessions of a span of time by model, client and day. Needs sessions:read.",
    args: { timeRange: t.arg({ type: TimeRangeInput, required: true, description: "When the sessions were created." }) },
    extensions: { rateLimit: "60/1m" },
    resolve: async (_root, { timeRange }, context) => {
      const range = parseInput(timeRangeInput, { ...timeRange, end: timeRange.end ?? context.clock.now() }, ["timeRange"]);
      return { ...(await context.services.analytics.rangeTotals(caller(context), range)), range };
    },
  }),
}));

const DayCount = builder.objectRef<{ date: string; count: number }>("DayCount").implement({
  description: "Sessions of a day.",
  fields: (t) => ({
    date: t.expose("date", { type: "Date", nullable: false, description: "The day, in UTC." }),
    count: t.exposeInt("count", { nullable: false, description: "Sessions created." }),
  }),
});

const TagCount = builder.objectRef<{ tag: string; count: number }>("TagCount").implement({
  description: "Sessions with a tag.",
  fields: (t) => ({
    tag: t.exposeString("tag", { nullable: false, description: "The tag." }),
    count: t.exposeInt("count", { nullable: false, description: "Sessions that have it." }),
  }),
});

const totalsOf = defineRowLoader(
  (context, keys) => context.services.analytics.ofProjects(caller(context), keys),
  ({ projectKey }) => projectKey,
);

const daysOf = defineLoadersByArguments((days: number) =>
  defineRowsLoader(
    (context, keys) => context.services.analytics.daysOfProjects(caller(context), keys, days),
    ({ projectKey }) => projectKey,
  ),
);

const tagsOf = defineLoadersByArguments((limit: number) =>
  defineRowsLoader(
    (context, keys) => context.services.analytics.tagsOfProjects(caller(context), keys, limit),
    ({ projectKey }) => projectKey,
  ),
);

const ProjectStats = builder.objectRef<ProjectTotals>("ProjectStats").implement({
  description: "Counts over the sessions of a project.",
  fields: (t) => ({
    totalSessions: t.exposeInt("totalSessions", { nullable: false, description: "Sessions." }),
    totalMarkdownSize: t.expose("totalMarkdownSize", {
      type: "NonNegativeFloat",
      nullable: false,
      description: "Bytes of their Markdown.",
    }),
    totalRawDataSize: t.expose("totalRawDataSize", {
      type: "NonNegativeFloat",
      nullable: false,
      description: "Bytes of their raw data.",
    }),
    uniqueLLMModels: t.exposeInt("uniqueLLMModels", { nullable: false, description: "Different models that answered." }),
    uniqueGitBranches: t.exposeInt("uniqueGitBranches", {
      nullable: false,
      description: "Different git branches that were worked on.",
    }),
    sessionsByDay: t.field({
      type: [DayCount],
      description: "By day of creation, the days without sessions left out.",
      args: { days: t.arg.int({ defaultValue: 30, description: "The last so many days with today, 1 to 366." }) },
      resolve: ({ projectKey }, args, context) => daysOf(context, parseInput(dayNumber, args.days ?? 30, ["days"])).load(projectKey),
    }),
    topTags: t.field({
      type: [TagCount],
      description: "The most frequent tags.",
      args: { limit: t.arg.int({ defaultValue: 10, description: "At most this many, 1 to 200." }) },
      resolve: ({ projectKey }, args, context) => tagsOf(context, parseInput(limitNumber, args.limit ?? 10, ["limit"])).load(projectKey),
    }),
  }),
});

const dayNumber = z
  .number("must be a whole number")
  .int("must be a whole number")
  .min(1, "must be between 1 and 366")
  .max(366, "must be between 1 and 366");

builder.prismaObjectField("Project", "stats", (t) =>
  t.field({
    type: ProjectStats,
    description: "Counts over its sessions. Needs sessions:read.",
    resolve: ({ key }, _args, context) => totalsOf(context).load(key),
  }),
);
