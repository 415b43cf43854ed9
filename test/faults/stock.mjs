import { makeSession } from "../bench/data.mjs";
import { REST_PATH, send } from "../bench/server-process.mjs";
import { scaled } from "./scale.mjs";

const PROJECTS = 20;
const SESSIONS = scaled(2_000, 300);
const AT_ONCE = 10;

/** @typedef {Awaited<ReturnType<typeof stock>>} Stock */

/** Stores sessions of about 10 KB for the load to read. */
export async function stock(/** @type {string} */ url) {
  const projectIds = Array.from({ length: PROJECTS }, (_, index) => `stock-${index}`);
  /** @type {{ projectId: string, id: string }[]} */
  const sessions = [];
  let index = 0;
  async function work() {
    while (index < SESSIONS) {
      const { id, name, markdown } = makeSession(index);
      const projectId = projectIds[index % PROJECTS] ?? "";
      index += 1;
      const body = JSON.stringify({ projectName: projectId, name, markdown, rawData: "" });
      await send(url, { method: "PUT", path: `${REST_PATH}/projects/${projectId}/sessions/${id}`, body });
      sessions.push({ projectId, id });
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { projectIds, sessions };
}
