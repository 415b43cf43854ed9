import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import { noSignal, type BareQuery, type Engine, type FindSignal } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { migrate } from "./migrate.js";

/** The files are in the page cache of the system already, so a quarter of the usual buffers suffices and saves some 100 MB. */
export const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=32MB"];

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
  const inTurn = createTurns();
  // Without a signal: one look-up may be for many operations.
  const query: BareQuery = async (sql, values) => (await inTurn(() => pglite.query<Record<string, unknown>>(sql, [...values]))).rows;
  return {
    adapter: new PrismaPGlite(refuseLate(pglite, inTurn, findSignal)),
    connections: () => ({ busy: 0, idle: 1, waiting: 0 }), // it answers within a turn of the event loop, so that nobody sees it busy
    query,
    migrate: () =>
      migrate({
        query: async (sql, values = []) => query(sql, values),
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

/** Lets one thing after the other be done, and before each the event loop has a turn. */
type InTurn = <T>(run: () => Promise<T>) => Promise<T>;

function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(() => setImmediate()).then(run);
    last = result.catch(() => undefined); // whoever asked for it hears of it
    return result;
  };
}

/**
 * The same database, which runs on this very thread: a line of statements must not keep everything else waiting. It cannot
 * be stopped in a statement, but begins none for an operation that has ended.
 */
function refuseLate(pglite: PGlite, inTurn: InTurn, findSignal: FindSignal): PGlite {
  const unlessOver: InTurn = (run) => {
    const signal = findSignal();
    return inTurn(async () => {
      signal?.throwIfAborted();
      return run();
    });
  };
  const query: PGlite["query"] = (...args) => unlessOver(() => pglite.query(...args));
  const transaction: PGlite["transaction"] = (run) => unlessOver(() => pglite.transaction(run));
  return new Proxy(pglite, {
    get(target, name) {
      if (name === "query") return query;
      if (name === "transaction") return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
