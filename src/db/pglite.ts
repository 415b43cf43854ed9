import { join } from "node:path";
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
    return toEngine(await PGlite.create({ dataDir: join(dataDir, "pglite"), startParams: START_PARAMETERS }), unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

export function toEngine(pglite: PGlite, afterClose: () => Promise<void>): Engine {
  return {
    adapter: new PrismaPGlite(pglite),
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
