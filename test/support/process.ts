import { execFile, spawn } from "node:child_process";

export type Output = { readonly code: number; readonly stdout: string; readonly stderr: string };
export type Environment = Readonly<Record<string, string>>;

/** The command line as it is installed. */
export const PROGRAM = "dist/main.js";

/**
 * How Node runs it here: without compiling the embedded database a second time for speed, which takes a third of the
 * processor time of a start and pays in lives longer than those of tests.
 */
const NODE_FLAGS = ["--liftoff-only"];

/** Runs a program to its end, whatever its exit code. */
export function run(program: string, args: readonly string[], env: Environment = {}): Promise<Output> {
  return new Promise((resolve) => {
    execFile(program, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, stdout, stderr });
    });
  });
}

/** Runs `backstory ARGS` to its end. */
export function runBackstory(args: readonly string[], env: Environment = {}): Promise<Output> {
  return run(process.execPath, [...NODE_FLAGS, PROGRAM, ...args], env);
}

export type ServerProcess = {
  /** Where it is, as soon as it says so. */
  readonly url: Promise<string>;
  /** What it has written so far. */
  readonly output: () => string;
  /** Resolves with the exit code. */
  readonly kill: (signal: NodeJS.Signals) => Promise<number | null>;
};

export function spawnServer(env: Environment): ServerProcess {
  const child = spawn(process.execPath, [...NODE_FLAGS, PROGRAM], { env: { ...process.env, ...env } });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  let output = "";
  const url = new Promise<string>((resolve, reject) => {
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
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
