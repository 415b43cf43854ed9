import { makeSession, projectCreatedAt, projectId, projectName, PROJECTS, vocabulary } from "./data.mjs";

/** Pairs of words by their ranks in the vocabulary, for searches that find some hundreds of sessions, and thousands. */
const USUAL_PAIRS = [[310, 1_150], [420, 900], [530, 1_010], [650, 720], [360, 1_490], [480, 1_230], [590, 860], [340, 1_370], [700, 780], [450, 1_080]]; // prettier-ignore
const COMMON_PAIRS = [[62, 160], [75, 140], [81, 205], [90, 118], [104, 187]]; // prettier-ignore

const toQuery = (/** @type {number[]} */ ranks) => ranks.map((rank) => vocabulary[rank]).join(" ");
export const usualQueries = USUAL_PAIRS.map(toQuery);
export const commonQueries = COMMON_PAIRS.map(toQuery);

/** @typedef {{ id: string, name: string, markdownSize: number, createdAt: string, number: number }} ListedSession */
/** @typedef {ReturnType<ReturnType<typeof createExpectations>["finish"]>} Expectations */

/** Works out from the sessions themselves, as they are stored, what the server has to answer. */
export function createExpectations() {
  /** @type {ListedSession[][]} */
  const byProject = Array.from({ length: PROJECTS }, () => []);
  const totals = new Map([...usualQueries, ...commonQueries].map((query) => [query, 0]));
  let number = 0;

  return {
    /** To be told of every session in the order of its number. */
    add(/** @type {import("./data.mjs").Session} */ { id, project, name, markdown, markdownSize, createdAt, tags }) {
      byProject[project]?.push({ id, name, markdownSize, createdAt: createdAt.toISOString(), number });
      number += 1;
      const words = new Set(`${name} ${tags.join(" ")} ${markdown}`.toLowerCase().match(/[a-z0-9]+/g));
      for (const [query, total] of totals) if (query.split(" ").every((word) => words.has(word))) totals.set(query, total + 1);
    },

    finish() {
      for (const sessions of byProject) sessions.sort((a, b) => (key(a) < key(b) ? 1 : -1));
      const projects = byProject.map((sessions, index) => ({
        id: projectId(index),
        name: projectName(index),
        createdAt: projectCreatedAt(index).toISOString(),
        sessions,
        sessionCount: sessions.length,
        lastActivity: sessions[0]?.createdAt ?? null,
      }));
      return {
        /** The newest first, as the server lists them. */
        projects: projects.reverse(),
        /** How many sessions a query has to find. */
        totals,
        markdownOf: (/** @type {ListedSession} */ session) => makeSession(session.number).markdown,
      };
    },
  };
}

function key(/** @type {ListedSession} */ { createdAt, id }) {
  return `${createdAt} ${id}`;
}
