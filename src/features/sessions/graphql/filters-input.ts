import { builder } from "../../../kits/graphql/builder.js";
import { mapFilters } from "../metadata.js";
import { SessionOrderEnum } from "./type.js";

const DateRangeInput = builder.inputType("DateRangeInput", {
  description: "A span of time, both ends included; either may be left open.",
  fields: (t) => ({
    start: t.field({ type: "DateTime", description: "Not before this." }),
    end: t.field({ type: "DateTime", description: "Not after this." }),
  }),
});

export const SessionFiltersInput = builder.inputType("SessionFilters", {
  description: "Which sessions are wanted. A list matches any of its values, an empty one nothing; different filters must all hold.",
  fields: (t) => ({
    projectId: t.id({ description: "In this project." }),
    projectIds: t.idList({ description: "In one of these projects." }),
    ...mapFilters(
      ({ description }) => t.string({ description }),
      ({ description }) => t.stringList({ description }),
    ),
    dateRange: t.field({ type: DateRangeInput, description: "Created in this span of time." }),
    startDate: t.field({ type: "DateTime", description: "Created at this time or later." }),
    endDate: t.field({ type: "DateTime", description: "Created at this time or earlier." }),
    createdAfter: t.int({ description: "Created within this many days until now." }),
    hasGitBranches: t.boolean({ description: "With any git branch, or with none." }),
    searchText: t.string({
      description: "Found by this full-text query, as searchSessions finds them, and from the same limit. A blank one is none.",
    }),
  }),
});

/** The arguments of every list of sessions. */
export const listArguments = builder.args((t) => ({
  filters: t.field({ type: SessionFiltersInput, description: "Which sessions are wanted; all if absent." }),
  orderBy: t.field({ type: SessionOrderEnum, defaultValue: "CREATED_AT_DESC", description: "How they are ordered." }),
}));
