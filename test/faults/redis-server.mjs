import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onCleanUp } from "./clean-up.mjs";
import { timeUntil } from "./deadline.mjs";
import { findFreePort } from "./free-port.mjs";

const DEADLINE_MS = 20_000;

/** Starts a new Redis in a new folder, on a free port of 127.0.0.1. It keeps what it has acknowledged. */
export async function createRedisServer() {
  const folder = await mkdtemp(join(tmpdir(), "backstory-redis-"));
  onCleanUp(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const port = await findFreePort();
  const settings = { port, bind: "127.0.0.1", dir: folder, appendonly: "yes", appendfsync: "always", save: "" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;

  const server = {
    url: `redis://127.0.0.1:${port}`,
    /** Resolves once it answers, which is after it has read what it had kept. */
    async start() {
      const started = spawn("redis-server", args, { stdio: "ignore" });
      started.on("error", () => undefined); // it then never answers
      child = started;
      if ((await timeUntil(() => answersPing(port), DEADLINE_MS)) === Infinity) throw new Error("redis-server did not start");
    },
    /** Ends it as a crash does. */
    async kill() {
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
  onCleanUp(server.kill);
  await server.start();
  return server;
}

/** @returns {Promise<boolean>} */
function answersPing(/** @type {number} */ port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const end = (/** @type {boolean} */ isAnswered) => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once("data", (data) => end(data.toString().startsWith("+PONG")));
    socket.once("error", () => end(false));
  });
}
