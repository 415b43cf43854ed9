import { readConfig, type Config } from "../config.js";
import { openDatabase, type Database } from "../db/database.js";
import { systemClock } from "../platform/clock.js";
import { systemRandom } from "../platform/random.js";
import { createServices, type Services } from "../features/services.js";

/** Every command is given the environment and where to write. */
export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Runs the listener when the process exits: by itself, by an error or by process.exit, but not by a signal. */
  readonly onExit: (listener: () => void) => void;
  /** Runs the listener when a signal asks the process to end, which then does not end by itself. Returns what undoes that. */
  readonly onSignal: (listener: () => void) => () => void;
  /** Returns how many files the system lets the process open. */
  readonly openFilesLimit: () => number;
  /** The stream on which a progress bar may be drawn: standard error, if it is a terminal. */
  readonly terminal: NodeJS.WriteStream | null;
};

/** A mistake of the person at the command line. Its message is all they need. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export type Opened = { readonly config: Config; readonly database: Database; readonly services: Services };

/** Runs a command on the database of the settings, and closes it whatever happens. */
export async function withServices<T>({ env, err }: CommandContext, run: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig(env);
  const database = await explained(openDatabase({ ...config, clock: systemClock, announce: err }));
  try {
    const services = createServices({ database, clock: systemClock, random: systemRandom, config });
    return await run({ config, database, services });
  } finally {
    await database.close();
  }
}

/**
 * Waits for work on a database, such as opening it. An error of the system or of PostgreSQL (no such host, wrong password, a
 * folder that must not be written) has a code, and its message is all that a person needs.
 * @throws CommandError for an error with a code; any other error as it is
 */
export function explained<T>(work: Promise<T>, what = "The database cannot be opened"): Promise<T> {
  return work.catch((cause: unknown) => {
    if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) throw cause;
    throw new CommandError(`${what}: ${cause.message || cause.code}`, { cause });
  });
}
