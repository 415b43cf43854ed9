import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.js";
import type * as DatabaseModule from "../../src/db/database.js";
import { createServices } from "../../src/features/services.js";
import { PROGRAM, run, runBackstory, spawnServer, type Environment, type Output, type ServerProcess } from "./process.js";
import { systemClock } from "../../src/platform/clock.js";

/** PostgreSQL's thread runs a file, so that only what was built can start it. */
const BUILT_DATABASE = "../../dist/db/database.js";

export type CommandLine = Awaited<ReturnType<typeof newCommandLine>>;
export type Backstory = Awaited<ReturnType<typeof startBackstory>>;

/**
 * The command line as it is installed, with settings that no test inherits and a data folder of its own. It holds a new
 * database, unpacked from the image of the global set-up, since making one takes seconds.
 */
export async function newCommandLine(settings: Environment = {}) {
  await requireBuilt();
  const dataDir = await mkdtemp(join(tmpdir(), "backstory-cli-"));
  await mkdir(join(dataDir, "pglite"));
  await run("tar", ["-xf", join(process.env.TEST_FOLDER ?? "", "image.tar"), "-C", join(dataDir, "pglite")]);
  const env = { DATA_DIR: dataDir, DATABASE_URL: "", BOOTSTRAP_API_KEY: "", LOG_LEVEL: "warn", PORT: "0", HOST: "", ...settings };

  const servers: ServerProcess[] = [];

  return {
    dataDir,

    /** Runs `backstory ARGS` to its end. */
    backstory: (args: readonly string[], more: Environment = {}): Promise<Output> => runBackstory(args, { ...env, ...more }),

    /** Starts the server and waits until it says where it is. */
    async serve(more: Environment = {}) {
      const server = spawnServer({ ...env, ...more });
      servers.push(server);
      return { ...server, url: await server.url };
    },

    /** Looks into the database between two commands, which must have ended. */
    async inside<T>(
      look: (opened: { services: ReturnType<typeof createServices>; database: DatabaseModule.Database }) => Promise<T>,
    ): Promise<T> {
      const config = readConfig(env);
      const { openDatabase } = (await import(BUILT_DATABASE)) as typeof DatabaseModule; // it was built from that
      const database = await openDatabase({ ...config, clock: systemClock });
      const random = { uuid: () => randomUUID(), bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
      try {
        return await look({ services: createServices({ database, clock: systemClock, random, config }), database });
      } finally {
        await database.close();
      }
    },

    /** Ends what a failed test has left running, and removes the folder. */
    async remove(): Promise<void> {
      await Promise.all(servers.map((server) => server.kill("SIGKILL")));
      await rm(dataDir, { recursive: true });
    },
  };
}

/** Starts a server with a new command line, which is removed with it. */
export async function startBackstory(settings: Environment = {}) {
  const cli = await newCommandLine(settings);
  const { url, kill } = await cli.serve();
  return {
    url,
    async stop(): Promise<void> {
      await kill("SIGINT");
      await cli.remove();
    },
  };
}

/** A test of an old build would tell nothing. A build gives the program the time at which it was found to be of these sources. */
async function requireBuilt(): Promise<void> {
  const built = await stat(PROGRAM).catch(() => null);
  const code = (await readdir("src", { recursive: true })).filter((name) => name.endsWith(".ts") && !name.includes("generated"));
  const sources = ["prisma/schema.prisma", ...code.map((name) => join("src", name))];
  const changed = await Promise.all(sources.map(async (path) => ((await stat(path)).mtimeMs > (built?.mtimeMs ?? 0) ? path : null)));
  const [stale] = changed.filter((path) => path !== null);
  if (stale !== undefined) throw new Error(`dist/ is older than ${stale}: run npm run build`);
}
