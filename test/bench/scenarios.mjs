import assert from "node:assert/strict";
import { commonQueries, usualQueries } from "./expectations.mjs";

/** @typedef {import("./expectations.mjs").Expectations} Expectations */
/** @typedef {import("./expectations.mjs").ListedSession} ListedSession */
/** @typedef {{ data: any, errors?: { path: (string | number)[], extensions: Record<string, unknown> }[] }} Answer */
/**
 * One kind of request: its title, the operation or how a request is made, the variables it is sent with in turn, whether
 * the answer has errors, and the check of each answer, which throws.
 * @typedef {{ title: string, query?: string, toRequest?: (variables: any) => import("./server-process.mjs").BenchRequest, variables: Record<string, unknown>[], partial?: boolean, check: (answer: Answer, variables: any) => void }} Scenario
 */

/** Both scenarios whose throughputs are compared select the same of a session. */
const SESSION = "id name createdAt markdownSize";

/** What is measured, by short names. Every answer is known from the data and is compared whole. */
export function createScenarios(/** @type {Expectations} */ { projects, totals, markdownOf }) {
  const expected = new Map(projects.map((project) => [project.id, project]));
  const listed = (/** @type {ListedSession} */ { id, name, createdAt, markdownSize }) => ({ id, name, createdAt, markdownSize });
  const someSessions = projects.flatMap(({ id, sessions }) => sessions.slice(0, 4).map((session) => ({ projectId: id, session })));

  /** @satisfies {Record<string, Scenario>} */
  const scenarios = {
    typename: {
      title: "`{ __typename }`",
      query: "{ __typename }",
      variables: [{}],
      check: (answer) => assert.deepEqual(answer, { data: { __typename: "Query" } }),
    },
    projects: {
      title: "all projects with counts",
      query: "{ projects(limit: 200) { id name createdAt sessionCount lastActivity } }",
      variables: [{}],
      check(answer) {
        const all = projects.map(({ id, name, createdAt, sessionCount, lastActivity }) => ({
          id,
          name,
          createdAt,
          sessionCount,
          lastActivity,
        }));
        assert.deepEqual(answer, { data: { projects: all } });
      },
    },
    project: {
      title: "one project with its ten newest sessions",
      query: `query ($id: ID!) { project(id: $id) { id name sessionCount sessions(limit: 10) { ${SESSION} } } }`,
      variables: projects.map(({ id }) => ({ id })),
      check(answer, { id }) {
        const { name, sessionCount, sessions } = expected.get(id) ?? assert.fail();
        assert.deepEqual(answer, { data: { project: { id, name, sessionCount, sessions: sessions.slice(0, 10).map(listed) } } });
      },
    },
    session: {
      title: "one session with content",
      query: `query ($id: ID!) { session(id: $id) { ${SESSION} projectId markdownContent } }`,
      variables: someSessions.map(({ session }) => ({ id: session.id })),
      check(answer, { id }) {
        const { projectId, session } = someSessions.find((known) => known.session.id === id) ?? assert.fail();
        assert.deepEqual(answer, { data: { session: { ...listed(session), projectId, markdownContent: markdownOf(session) } } });
      },
    },
    nested: {
      title: "20 projects with 5 sessions each",
      query: `{ projects(limit: 20) { id name sessionCount sessions(limit: 5) { ${SESSION} } } }`,
      variables: [{}],
      check(answer) {
        const first = projects.slice(0, 20).map(({ id, name, sessionCount, sessions }) => {
          return { id, name, sessionCount, sessions: sessions.slice(0, 5).map(listed) };
        });
        assert.deepEqual(answer, { data: { projects: first } });
      },
    },
    search: searchScenario("a two-word search", usualQueries, totals),
    commonSearch: searchScenario("a search for two common words", commonQueries, totals),
    partial: {
      title: "partial data with two failing fields",
      query: `{ projects(limit: 10) { id name } missing: project(id: "no-such-project") { id } invalid: sessions(limit: 0) { id } }`,
      variables: [{}],
      partial: true,
      check({ data, errors }) {
        assert.deepEqual(data, { projects: projects.slice(0, 10).map(({ id, name }) => ({ id, name })), missing: null, invalid: null });
        const facts = (errors ?? []).map(({ path, extensions }) => [path.join("."), extensions.code, extensions.reason, extensions.status]);
        assert.deepEqual(facts.sort(), [
          ["invalid", "VALIDATION_ERROR", "INVALID_PARAMETER", 400],
          ["missing", "NOT_FOUND", "RESOURCE_NOT_FOUND", 404],
        ]);
      },
    },
  };
  return scenarios;
}

/**
 * @param {string} title
 * @param {string[]} queries
 * @param {ReadonlyMap<string, number>} totals
 * @returns {Scenario}
 */
function searchScenario(title, queries, totals) {
  const found = queries.map((query) => totals.get(query) ?? 0);
  return {
    title: `${title} (finds ${Math.min(...found)} to ${Math.max(...found)})`,
    query: `query ($query: String!) { searchSessions(query: $query) { total results { ${SESSION} rank snippet project { name } } } }`,
    variables: queries.map((query) => ({ query })),
    check({ data, errors }, { query }) {
      assert.equal(errors, undefined);
      const { total, results } = data.searchSessions;
      assert.equal(total, totals.get(query), `the sessions that "${query}" finds`);
      assert.equal(results.length, 10);
      const ranks = results.map((/** @type {{ rank: number }} */ { rank }) => rank);
      assert.deepEqual(
        ranks,
        [...ranks].sort((a, b) => b - a),
        "the best matches first",
      );
      assert.ok(
        ranks.every((/** @type {number} */ rank) => rank > 0 && rank <= 1),
        "ranks between 0 and 1",
      );
      const words = query.split(" ");
      for (const { snippet } of results)
        assert.ok(
          words.some((word) => snippet.toLowerCase().includes(word)),
          `"${snippet}" shows "${query}"`,
        );
    },
  };
}
