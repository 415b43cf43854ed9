/** The text of GraphiQL's first tab. */
export const GRAPHIQL_EXAMPLES = `# Put your API key into the field above, then run one of these.

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
