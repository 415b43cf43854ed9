import { createFolder, createPostgresDatabase } from "../bench/databases.mjs";
import { killServers, startServer } from "../bench/server-process.mjs";
import { onCleanUp } from "./clean-up.mjs";
import { within } from "./deadline.mjs";
import { createServerLog } from "./server-log.mjs";
import { stock } from "./stock.mjs";

const START_MS = 60_000;
/** So that wrong keys, of which the load has some, are answered as such. */
const SETTINGS = { RATE_LIMIT_AUTH_FAILURES: "999999999/1h" };

/** @typedef {{ name: string, server: import("../bench/server-process.mjs").ServerProcess, stocked: import("./stock.mjs").Stock, log: ReturnType<typeof createServerLog> }} LoadedServer */

/**
 * A server with some stock on each database that is to be loaded, one after the other: the embedded one, and one on the
 * PostgreSQL server that DATABASE_URL names.
 *
 * @returns {AsyncGenerator<LoadedServer>}
 */
export async function* eachDatabase(/** @type {Record<string, string>} */ settings = {}) {
  onCleanUp(killServers);
  const { DATABASE_URL } = process.env;
  for (const create of [createFolder, ...(DATABASE_URL ? [() => createPostgresDatabase(DATABASE_URL)] : [])]) {
    const { name, location, remove } = await create();
    onCleanUp(remove);
    onCleanUp(killServers);
    const log = createServerLog();
    const server = await within(
      startServer(location, undefined, { settings: { ...SETTINGS, ...settings }, onLog: log.onLog }),
      START_MS,
      "The start",
    );
    yield { name, server, stocked: await stock(server.url), log };
    log.show();
    await server.stop();
  }
}
