import { isDeepStrictEqual } from "node:util";
import { REST_PATH } from "../bench/server-process.mjs";
import { attempt, attemptOperation } from "./attempt.mjs";
import { makeVersion, sessionPath } from "./session-version.mjs";

const AT_ONCE = 6;
const MOST_SHOWN = 3;
const MARKDOWN = { accept: "text/markdown" };
const SESSION_DATA = { accept: "application/vnd.specstory.session-data+json" };
const IN_GRAPHQL =
  "query ($projectId: ID!, $id: ID!) { session(projectId: $projectId, id: $id) { name etag markdownContent markdownSize rawDataSize } }";

/** @typedef {import("./ledger.mjs").Entry} Entry */
/** @typedef {"whole" | "absent" | "lost" | "half"} Verdict */

/**
 * Reads everything that a ledger knows of in every form, and judges it: whole is a session of one and the same version
 * in all forms, the last one acknowledged or a later one that was sent; lost is one that has less than was acknowledged.
 *
 * @param {string} url
 * @param {import("./ledger.mjs").Ledger} ledger
 */
export async function verify(url, ledger) {
  const waiting = [...ledger.entries()];
  /** @type {Map<string, number>} */
  const present = new Map();
  const counts = { whole: 0, absent: 0, lost: 0, half: 0 };
  async function work() {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const { verdict, seen } = await judge(url, entry, ledger.largest);
      counts[verdict] += 1;
      const isBad = verdict === "lost" || verdict === "half";
      if (isBad && counts[verdict] <= MOST_SHOWN) console.error(`  ${verdict}: ${entry.id}, ${describe(entry)}; ${seen}`);
      if (verdict === "whole") present.set(entry.projectId, (present.get(entry.projectId) ?? 0) + 1);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  let miscounted = 0;
  for (const [projectId, count] of present) if (!(await isCounted(url, projectId, count))) miscounted += 1;
  return { ...counts, miscounted };
}

function describe(/** @type {Entry} */ { sent, acknowledged }) {
  return `${acknowledged} acknowledged, ${sent} sent`;
}

/** @returns {Promise<{ verdict: Verdict, seen: string }>} */
async function judge(/** @type {string} */ url, /** @type {Entry} */ entry, /** @type {number} */ largest) {
  const answers = await read(url, entry);
  const [json] = answers;
  if (json.status === 404) return { verdict: entry.acknowledged > 0 ? "lost" : "absent", seen: "404" };
  const number = Number(/^Version (\d+) /.exec(json.body?.data?.session?.name)?.[1]);
  const seen = `reads version ${number}, statuses ${answers.map(({ status }) => status).join()}`;
  if (Number.isNaN(number)) return { verdict: "half", seen: `${seen}: ${JSON.stringify(json.body).slice(0, 300)}` };
  if (number < entry.acknowledged) return { verdict: "lost", seen };
  const isWhole =
    number <= entry.sent && isDeepStrictEqual(flatten(answers), expect(entry, number, largest, answers[0].headers.get("etag")));
  return { verdict: isWhole ? "whole" : "half", seen };
}

function read(/** @type {string} */ url, /** @type {Entry} */ { projectId, id }) {
  const path = sessionPath(projectId, id);
  return Promise.all([
    attempt(url, { method: "GET", path }),
    attempt(url, { method: "GET", path }, MARKDOWN),
    attempt(url, { method: "GET", path }, SESSION_DATA),
    attempt(url, { method: "HEAD", path }),
    attemptOperation(url, { query: IN_GRAPHQL, variables: { projectId, id } }),
  ]);
}

/** Everything that the answers say of the session's version. */
function flatten(/** @type {Awaited<ReturnType<typeof read>>} */ [json, markdown, sessionData, head, graphql]) {
  const { session } = json.body.data;
  const rest = [json, markdown, sessionData, head];
  return {
    json: [session.name, session.etag, session.markdownContent, session.markdownSize, session.rawDataSize, session.sessionDataSize],
    markdown: markdown.body,
    sessionData: sessionData.body,
    tags: rest.map(({ headers }) => headers.get("etag")),
    sizes: rest.map(({ headers }) => ["markdown", "raw-data", "session-data"].map((part) => Number(headers.get(`x-${part}-size`)))),
    graphql: graphql.body.data?.session,
  };
}

/** The same as it has to be. The tag is the one that the acknowledgement named; where none came, any that all forms share. */
function expect(
  /** @type {Entry} */ { id, etags },
  /** @type {number} */ number,
  /** @type {number} */ largest,
  /** @type {string | null} */ seenEtag,
) {
  const { name, markdown, rawData, sessionData } = makeVersion(id, number, largest);
  const etag = etags.get(number) ?? seenEtag;
  const sizes = [markdown, rawData, sessionData].map((text) => Buffer.byteLength(text));
  const [markdownSize, rawDataSize] = sizes;
  return {
    json: [name, etag, markdown, ...sizes],
    markdown,
    sessionData: JSON.parse(sessionData),
    tags: Array(4).fill(etag),
    sizes: Array(4).fill(sizes),
    graphql: { name, etag, markdownContent: markdown, markdownSize, rawDataSize },
  };
}

/** Whether a project counts as many sessions as it lists, and as there are. */
async function isCounted(/** @type {string} */ url, /** @type {string} */ projectId, /** @type {number} */ count) {
  const list = await attempt(url, { method: "GET", path: `${REST_PATH}/projects/${projectId}/sessions` });
  const project = await attemptOperation(url, {
    query: "query ($id: ID!) { project(id: $id) { sessionCount } }",
    variables: { id: projectId },
  });
  const seen = [list.body?.data?.total, list.body?.data?.sessions?.length, project.body?.data?.project?.sessionCount];
  const isRight = seen.every((number) => number === count);
  if (!isRight) console.error(`  ${projectId} has ${count} sessions, but counts and lists ${seen.join(", ")}`);
  return isRight;
}
