import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import type { GraphiQLOptions } from "graphql-yoga";

const EXAMPLE = `# Backstory: put your API key into the Headers tab below, then run one of these.

# The latest sessions of every project
query Projects {
  projects(limit: 10) {
    id
    name
    sessionCount
    sessions(limit: 3) {
      id
      name
      startedAt
    }
  }
}

# Full-text search: words, "a phrase", -without, this or that
query Search {
  searchSessions(query: "error handling", limit: 5) {
    total
    results {
      name
      rank
      snippet
      project {
        name
      }
    }
  }
}

# One field fails, its siblings keep their data: look at errors[0].extensions
query PartialData {
  projects(limit: 3) {
    name
  }
  project(id: "no-such-project") {
    name
  }
  rateLimit {
    remaining
    resetAt
  }
}
`;

/** GraphiQL as one page that loads nothing from elsewhere, with a place for the API key and queries to begin with. */
export const graphiQL: { readonly graphiql: GraphiQLOptions; readonly renderGraphiQL: typeof renderGraphiQL } = {
  renderGraphiQL,
  graphiql: {
    title: "Backstory GraphiQL",
    defaultQuery: EXAMPLE,
    headers: JSON.stringify({ Authorization: "Bearer YOUR_API_KEY" }, null, 2),
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: true,
  },
};
