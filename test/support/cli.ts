import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.js";
import { openDatabase } from "../../src/db/database.js";
import { createServices } from "../../src/services.js";
import { run, type Output } from "./process.js";

export type CommandLine = Awaited<ReturnType<typeof newCommandLine>>;
export type Started = { readonly output: string; readonly kill: (signal: NodeJS.Signals) => Promise<number | null> };
type Settings = Readonly<Record<string, string>>;

const PROGRAM = "dist/main.js";

/**
 * The command line as it is installed, with settings that no test inherits and a data folder of its own. It holds a new
 * database, unpacked from the image of the global set-up, since making one takes seconds.
 */
export async function newCommandLine(settings: Settings = {}) {
  await requireBuilt();
  const dataDir = await mkdtemp(join(tmpdir(), "backstory-cli-"));
  await mkdir(join(dataDir, "pglite"));
  await run("tar", ["-xf", join(process.env.TEST_FOLDER ?? "", "image.tar"), "-C", join(dataDir, "pglite")]);
  const env = { DATA_DIR: dataDir, DATABASE_URL: "", BOOTSTRAP_API_KEY: "", LOG_LEVEL: "warn", PORT: "0", HOST: "", ...settings };

  const children: ChildProcess[] = [];

  return {
    dataDir,

    /** Runs `backstory ARGS` to its end. */
    backstory: (args: readonly string[], more: Settings = {}): Promise<Output> =>
      run(process.execPath, [PROGRAM, ...args], { ...env, ...more }),

    /** Starts the server and waits until it says where it is. */
    serve: (more: Settings = {}): Promise<Started> => startServer({ ...env, ...more }, children),

    /** Looks into the database between two commands, which must have ended. */
    async inside<T>(look: (opened: { services: ReturnType<typeof createServices> }) => Promise<T>): Promise<T> {
      const config = readConfig(env);
      const { prisma, close } = await openDatabase(config);
      const random = { uuid: () => randomUUID(), bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) };
      try {
        return await look({ services: createServices({ prisma, clock: { now: () => new Date() }, random, config }) });
      } finally {
        await close();
      }
    },

    /** Ends what a failed test has left running, and removes the folder. */
    async remove(): Promise<void> {
      for (const child of children) child.kill("SIGKILL");
      await rm(dataDir, { recursive: true });
    },
  };
}

function startServer(env: Settings, children: ChildProcess[]): Promise<Started> {
  const child = spawn(process.execPath, [PROGRAM], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The server ended with ${String(code)}: ${output}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (!output.includes("Backstory is at")) return;
      resolve({
        output,
        kill(signal) {
          child.kill(signal);
          return ended;
        },
      });
    });
  });
}

/** A test of an old build would tell nothing. */
async function requireBuilt(): Promise<void> {
  const built = await stat(PROGRAM).catch(() => null);
  const sources = (await readdir("src", { recursive: true })).filter((name) => name.endsWith(".ts"));
  const changed = await Promise.all(
    sources.map(async (name) => ((await stat(join("src", name))).mtimeMs > (built?.mtimeMs ?? 0) ? name : null)),
  );
  const [stale] = changed.filter((name) => name !== null);
  if (stale !== undefined) throw new Error(`dist/ is older than src/${stale}: run npm run build`);
}
