import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import { noSignal, type Engine, type FindSignal } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { migrate } from "./migrate.js";

/** The files are in the page cache of the system already, so a quarter of the usual buffers suffices and saves some 100 MB. */
const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=32MB"];

/**
 * The embedded database: PostgreSQL in WebAssembly, one connection, in a folder that this process has alone.
 * @throws FolderLockedError
 */
export async function openPGlite(dataDir: string, findSignal: FindSignal): Promise<Engine> {
  const unlock = await lockFolder(dataDir);
  try {
    const folder = join(dataDir, "pglite");
    const applied = existsSync(join(folder, "PG_VERSION")) ? [] : await makeDatabase(folder);
    const engine = toEngine(await PGlite.create({ dataDir: folder, startParams: START_PARAMETERS }), unlock, findSignal);
    return { ...engine, migrate: async () => [...applied, ...(await engine.migrate())] };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** In a process of its own: making a database takes over 100 MB, which are given back only when the process ends. */
async function makeDatabase(folder: string): Promise<string[]> {
  const script = fileURLToPath(new URL("./make-pglite.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, folder]);
  return stdout.split("\n");
}

export function toEngine(pglite: PGlite, afterClose: () => Promise<void>, findSignal: FindSignal = noSignal): Engine {
  return {
    adapter: new PrismaPGlite(refuseLate(pglite, findSignal)),
    connections: () => ({ busy: 0, idle: 1, waiting: 0 }), // it answers within a turn of the event loop, so that nobody sees it busy
    query: async (sql, values) => (await pglite.query<Record<string, unknown>>(sql, [...values])).rows,
    migrate: () =>
      migrate({
        query: async (sql, values = []) => (await pglite.query<Record<string, unknown>>(sql, [...values])).rows,
        script: async (sql) => {
          await pglite.exec(sql);
        },
      }),
    async close() {
      await pglite.close();
      await afterClose();
    },
  };
}

/** The same database, which begins nothing more for an operation that has ended. It cannot be stopped in a statement: it runs on this very thread. */
function refuseLate(pglite: PGlite, findSignal: FindSignal): PGlite {
  const query: PGlite["query"] = async (...args) => {
    findSignal()?.throwIfAborted();
    return pglite.query(...args);
  };
  const transaction: PGlite["transaction"] = async (run) => {
    findSignal()?.throwIfAborted();
    return pglite.transaction(run);
  };
  return new Proxy(pglite, {
    get(target, name) {
      if (name === "query") return query;
      if (name === "transaction") return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
