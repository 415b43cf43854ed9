import { readConfig, type Config } from "../config.js";
import { openDatabase, type Database } from "../db/database.js";
import { systemClock } from "../platform/clock.js";
import { systemRandom } from "../platform/random.js";
import { createServices, type Services } from "../features/services.js";

/** What every command is given: the environment and where to write. */
export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Runs the listener when the process ends, whatever ends it from within. */
  readonly onExit: (listener: () => void) => void;
  /** Where a progress bar may be drawn: the errors' stream, if a person is looking at it. */
  readonly terminal: NodeJS.WriteStream | null;
};

/** A mistake of the person at the command line: its message is all they need. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export type Opened = { readonly config: Config; readonly database: Database; readonly services: Services };

/** Runs a command on the database of the settings, and closes it whatever happens. */
export async function withServices<T>({ env, err }: CommandContext, run: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig(env);
  const database = await explained(openDatabase({ ...config, announce: err }));
  try {
    const services = createServices({ database, clock: systemClock, random: systemRandom, config });
    return await run({ config, database, services });
  } finally {
    await database.close();
  }
}

/**
 * Waits for a database to open. What the system or PostgreSQL says of it (no such host, wrong password, a folder that may
 * not be written) has a code, and its message is all that a person needs.
 * @throws CommandError for an error with a code; any other as it is
 */
export function explained<T>(opening: Promise<T>): Promise<T> {
  return opening.catch((cause: unknown) => {
    if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) throw cause;
    throw new CommandError(`The database cannot be opened: ${cause.message || cause.code}`, { cause });
  });
}
