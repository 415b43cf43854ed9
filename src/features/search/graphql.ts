import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { selectionAt } from "../../kits/graphql/selection.js";
import { lookAheadAtSessions, SessionFiltersInput, SessionInterface } from "../sessions/graphql.js";
import { searchInput } from "./input.js";
import type { SearchResult, SearchResults } from "./service.js";

const SESSION_SEARCH_RESULT = "SessionSearchResult";

const SearchResultType = builder.objectRef<SearchResult>(SESSION_SEARCH_RESULT).implement({
  description: "A session that a search found.",
  interfaces: [SessionInterface],
  fields: (t) => ({
    rank: t.exposeFloat("rank", {
      nullable: false,
      extensions: { columns: [] },
      description: "0 to 1: how well it matches; matches in the name count most, then tags.",
    }),
    snippet: t.exposeString("snippet", {
      nullable: false,
      extensions: { columns: [] },
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
    description:
      "Full-text search over the names, tags and content of all sessions you can see. Needs sessions:read. Searches have a limit of their own, 120 a minute by default, from which filters.searchText, relatedSessions and REST take too.",
    args: {
      query: t.arg.string({
        required: true,
        description: 'Words that must all occur; "a phrase", -without, this or that. At most 1000 characters.',
      }),
      filters: t.arg({ type: SessionFiltersInput, description: "Only among these sessions." }),
      limit: t.arg.int({ defaultValue: 10, description: "At most this many results, 1 to 200." }),
    },
    extensions: { rateLimit: "120/1m", chargedBy: "service" },
    resolve: (_root, args, context, info) => {
      const principal = caller(context);
      const input = parseInput(searchInput, args);
      const selection = lookAheadAtSessions(selectionAt(info, ["results"], SESSION_SEARCH_RESULT), info, { principal });
      return context.services.search.search(principal, input, selection);
    },
  }),
);
