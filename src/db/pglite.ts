import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import type { Engine } from "./engine.js";
import { lockFolder } from "./folder-lock.js";
import { migrate } from "./migrate.js";

/** The files are in the page cache of the system already, so a quarter of the usual buffers suffices and saves some 100 MB. */
const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=32MB"];

/**
 * The embedded database: PostgreSQL in WebAssembly, one connection, in a folder that this process has alone.
 * @throws FolderLockedError
 */
export async function openPGlite(dataDir: string): Promise<Engine> {
  const unlock = await lockFolder(dataDir);
  try {
    const folder = join(dataDir, "pglite");
    const applied = existsSync(join(folder, "PG_VERSION")) ? [] : await makeDatabase(folder);
    const engine = toEngine(await PGlite.create({ dataDir: folder, startParams: START_PARAMETERS }), unlock);
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

export function toEngine(pglite: PGlite, afterClose: () => Promise<void>): Engine {
  return {
    adapter: new PrismaPGlite(pglite),
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
