import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { SessionFiltersInput, SessionInterface } from "../sessions/graphql.js";
import { searchInput } from "./input.js";
import type { SearchResult, SearchResults } from "./service.js";

const SearchResultType = builder.objectRef<SearchResult>("SessionSearchResult").implement({
  description: "A session that a search found.",
  interfaces: [SessionInterface],
  fields: (t) => ({
    rank: t.exposeFloat("rank", {
      nullable: false,
      description: "0 to 1: how well it matches; matches in the name count most, then tags.",
    }),
    snippet: t.exposeString("snippet", {
      nullable: false,
      description: "The place of the first match in the content on one line, the matching words in **bold**.",
    }),
  }),
});

const SearchResultsType = builder.objectRef<SearchResults>("SessionSearchResults").implement({
  description: "What a search found.",
  fields: (t) => ({
    total: t.exposeInt("total", { nullable: false, description: "How many sessions match, however many are returned." }),
    results: t.field({
      type: [SearchResultType],
      nullable: false,
      description: "The best matches first.",
      resolve: ({ results }) => [...results],
    }),
  }),
});

builder.queryField("searchSessions", (t) =>
  t.field({
    type: SearchResultsType,
    description: "Full-text search over the names, tags and content of all sessions you can see. Needs sessions:read.",
    args: {
      query: t.arg.string({
        required: true,
        description: 'Words that must all occur; "a phrase", -without, this or that. At most 1000 characters.',
      }),
      filters: t.arg({ type: SessionFiltersInput, description: "Only among these sessions." }),
      limit: t.arg.int({ defaultValue: 10, description: "At most this many results, 1 to 200." }),
    },
    extensions: { rateLimit: "120/1m" },
    resolve: (_root, args, context) => context.services.search.search(caller(context), parseInput(searchInput, args)),
  }),
);
