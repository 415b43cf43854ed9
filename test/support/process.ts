import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Output = { readonly code: number; readonly stdout: string; readonly stderr: string };
type Environment = Readonly<Record<string, string>>;

/** Runs a program to its end, whatever its exit code. */
export function run(program: string, args: readonly string[], env: Environment = {}): Promise<Output> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
  });
}

export type RunningServer = { readonly url: string; readonly output: () => string; readonly stop: () => Promise<void> };

/** The server as a user starts it, in a folder of its own and on a free port. */
export async function startBackstory(env: Environment): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "backstory-run-"));
  const child = spawn(process.execPath, ["dist/main.js"], {
    env: { ...process.env, PORT: "0", LOG_LEVEL: "warn", DATA_DIR: folder, DATABASE_URL: "", ...env },
  });
  let output = "";
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The server ended with ${String(code)}: ${output}`)));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const address = /^Backstory is at (\S+)$/m.exec(output)?.[1];
      if (address !== undefined) resolve(address);
    });
  });
  return {
    url,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
