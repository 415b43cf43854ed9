import { createHash } from "node:crypto";
import { REST_PATH, toGraphQLRequest } from "../bench/server-process.mjs";

const SMALLEST = 1_000;

/** @typedef {ReturnType<typeof makeVersion>} SessionVersion */

/**
 * A version of a session, always the same for the same id, number and largest size. Every piece of its texts carries the
 * id and the number, and the texts have different lengths, so that no mixture of two versions looks like one.
 */
export function makeVersion(/** @type {string} */ id, /** @type {number} */ number, /** @type {number} */ largest) {
  const line = `${id} version ${number} ${digest(`${id} ${number}`)}\n`;
  const chance = parseInt(digest(`size of ${id} ${number}`).slice(0, 8), 16) / 0xffff_ffff;
  const length = SMALLEST * (largest / SMALLEST) ** chance; // as many of 1 to 10 KB as of 100 KB to 1 MB
  return {
    id,
    number,
    name: `Version ${number} of ${id}`,
    markdown: line.repeat(Math.ceil(length / line.length)),
    rawData: line.repeat(2) + "r".repeat(number),
    sessionData: JSON.stringify({ line, filling: "s".repeat(number) }),
  };
}

export function sessionPath(/** @type {string} */ projectId, /** @type {string} */ id) {
  return `${REST_PATH}/projects/${projectId}/sessions/${id}`;
}

/** The request that stores a version over REST. */
export function toPut(/** @type {string} */ projectId, /** @type {SessionVersion} */ { id, name, markdown, rawData, sessionData }) {
  const body = JSON.stringify({ projectName: projectId, name, markdown, rawData, sessionData });
  return { method: "PUT", path: sessionPath(projectId, id), body };
}

/** The request that stores a version over GraphQL. */
export function toSaveSession(/** @type {string} */ projectId, /** @type {SessionVersion} */ { id, name, markdown, rawData, sessionData }) {
  const query = "mutation ($input: SaveSessionInput!) { saveSession(input: $input) { session { etag } } }";
  return toGraphQLRequest({ query, variables: { input: { projectId, id, name, markdown, rawData, sessionData } } });
}

function digest(/** @type {string} */ text) {
  return createHash("sha256").update(text).digest("hex");
}
