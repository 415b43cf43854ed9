import { systemClock } from "../../dist/platform/clock.js";
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "../../dist/db/database.js";
import { PROJECTS, SESSIONS, vocabulary } from "./data.mjs";
import { HEADERS, REST_PATH } from "./server-process.mjs";

/** @typedef {import("./expectations.mjs").Expectations} Expectations */
/** @typedef {import("./scenarios.mjs").Scenario} Scenario */
/** @typedef {import("./server-process.mjs").ServerProcess} ServerProcess */

const SAMPLE_MS = 5;
const LARGE = 10_000_000;
const AT_ONCE = 50;

/** The REST routes that are loaded, in the form of the GraphQL scenarios. Every answer is known from the data. */
export function createRestScenarios(/** @type {Expectations} */ { projects, markdownOf }) {
  const largest = projects.reduce((a, b) => (a.sessionCount >= b.sessionCount ? a : b));
  const some = projects.flatMap(({ id, sessions }) => sessions.slice(0, 4).map((session) => ({ projectId: id, session })));
  const stored = { projectName: "stored", name: "Stored", markdown: markdownOf(largest.sessions[0]), rawData: "" };

  /** @satisfies {Record<string, Scenario>} */
  const scenarios = {
    restProjects: get(
      "REST: all projects",
      [{}],
      () => "/projects",
      ({ projects: found, total }) => {
        assert.equal(total, PROJECTS);
        assert.deepEqual(
          found.map((/** @type {any} */ { id }) => id),
          projects.map(({ id }) => id),
        );
      },
    ),
    restPage: get(
      "REST: the ten newest sessions of a project",
      projects.map(({ id, sessions }) => ({ id, sessions })),
      ({ id }) => `/projects/${id}/sessions?limit=10`,
      (data, { sessions }) => {
        assert.deepEqual(
          data.sessions.map((/** @type {any} */ { id }) => id),
          sessions.slice(0, 10).map((/** @type {any} */ { id }) => id),
        );
      },
    ),
    restSizes: get(
      `REST: the sizes of the ${largest.sessionCount} sessions of a project`,
      [{}],
      () => `/projects/${largest.id}/sessions/sizes`,
      ({ sessions }) => {
        assert.deepEqual(sessions, Object.fromEntries(largest.sessions.map(({ id, markdownSize }) => [id, markdownSize])));
      },
    ),
    restSession: get(
      "REST: one session with content",
      some,
      ({ projectId, session }) => `/projects/${projectId}/sessions/${session.id}`,
      (data, { session }) => {
        assert.equal(data.session.markdownContent, markdownOf(session));
      },
    ),
    restPut: {
      title: "REST: storing a session of 10 KB",
      variables: Array.from({ length: 10 }, () => ({ id: randomUUID() })),
      toRequest: ({ id }) => ({ method: "PUT", path: `${REST_PATH}/projects/stored/sessions/${id}`, body: JSON.stringify(stored) }),
      check: (answer, { id }) => assert.equal(answer.data.sessionId, id),
    },
  };
  return scenarios;
}

/**
 * @param {string} title
 * @param {any[]} variables
 * @param {(values: any) => string} toPath
 * @param {(data: any, values: any) => void} check
 * @returns {Scenario}
 */
function get(title, variables, toPath, check) {
  return {
    title,
    variables,
    toRequest: (values) => ({ method: "GET", path: REST_PATH + toPath(values) }),
    check: ({ data }, values) => check(data, values),
  };
}

/** Puts every session into one project, for lists of 20,000. The server must not run. Returns the id of the project. */
export async function gatherSessions(/** @type {import("./server-process.mjs").DatabaseLocation} */ location) {
  const database = await openDatabase({ ...location, databaseTimeoutMs: 600_000, databasePoolSize: 10, clock: systemClock });
  try {
    const { prisma } = database;
    const { key, id } = await prisma.project.findFirstOrThrow({ orderBy: { key: "asc" } });
    await prisma.project.deleteMany({ where: { id: "stored" } });
    await prisma.session.updateMany({ data: { projectKey: key } });
    const { _sum } = await prisma.session.aggregate({ _sum: { markdownSize: true } });
    await prisma.project.update({ where: { key }, data: { sessionCount: SESSIONS, storedBytes: _sum.markdownSize ?? 0 } });
    return id;
  } finally {
    await database.close();
  }
}

/** What the REST API must reach: how much memory long lists take, how long a large session takes, and many writers at once. */
export async function measureRest(/** @type {ServerProcess} */ server, /** @type {string} */ projectId) {
  const base = server.url.replace(/\/graphql$/, "");
  await askRest(base, `/projects/${projectId}/sessions?limit=1`);
  const listBytes = await growthOf(server, () =>
    askRest(base, `/projects/${projectId}/sessions`, ({ data }) => assert.equal(data.total, SESSIONS)),
  );
  const sizesBytes = await growthOf(server, () =>
    askRest(base, `/projects/${projectId}/sessions/sizes`, ({ data }) => assert.equal(Object.keys(data.sessions).length, SESSIONS)),
  );
  return { listBytes, sizesBytes, largePutMs: await timeLargePut(base), ...(await putAtOnce(base)) };
}

/** How much more memory the server has at most while something runs. */
async function growthOf(/** @type {ServerProcess} */ server, /** @type {() => Promise<unknown>} */ run) {
  const before = await server.memoryBytes();
  let most = before;
  let isRunning = true;
  const running = run().finally(() => (isRunning = false));
  while (isRunning) {
    most = Math.max(most, await server.memoryBytes());
    await delay(SAMPLE_MS);
  }
  await running;
  return most - before;
}

/** The median of five. */
async function timeLargePut(/** @type {string} */ base) {
  let markdown = "";
  for (let word = 0; markdown.length < LARGE; word = (word * 31 + 7) % 6_007) markdown += `${vocabulary[word % vocabulary.length]} `;
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const startedAt = performance.now();
    assert.equal((await put(base, randomUUID(), { name: "Large", markdown })).status, 201);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[2] ?? NaN;
}

/** Many writers of one session: every one succeeds, and one of them, whole, is what stays. */
async function putAtOnce(/** @type {string} */ base) {
  const id = randomUUID();
  const startedAt = performance.now();
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, writer) => put(base, id, { name: `Writer ${writer}`, markdown: `${writer} `.repeat(5_000) })),
  );
  const atOnceMs = performance.now() - startedAt;
  const { session } = (await askRest(base, `/projects/large/sessions/${id}`)).data;
  const writer = session.name.replace("Writer ", "");
  const isWhole = session.markdownContent === `${writer} `.repeat(5_000);
  return { atOnceMs, refused: answers.filter(({ ok }) => !ok).length, isWhole };
}

function put(/** @type {string} */ base, /** @type {string} */ id, /** @type {object} */ session) {
  const body = JSON.stringify({ projectName: "large", rawData: "", ...session });
  return fetch(`${base}/projects/large/sessions/${id}`, { method: "PUT", headers: HEADERS, body });
}

/**
 * @param {string} base
 * @param {string} path
 * @param {(answer: any) => void} [check]
 */
async function askRest(base, path, check = () => undefined) {
  const response = await fetch(base + path, { headers: HEADERS });
  // Read as it comes: the memory of the whole is the client's, not the server's.
  const answer = /** @type {any} */ (await response.json());
  assert.equal(response.status, 200);
  check(answer);
  return answer;
}
