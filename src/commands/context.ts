import { readConfig, type Config } from "../config.js";
import { openDatabase, type Database } from "../db/database.js";
import { systemClock } from "../platform/clock.js";
import { systemRandom } from "../platform/random.js";
import { createServices, type Services } from "../services.js";

/** What every command is given: the environment and where to write. */
export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
};

/** A mistake of the person at the command line: its message is all they need. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

type Opened = { readonly config: Config; readonly database: Database; readonly services: Services };

/** Runs a command on the database of the settings, and closes it whatever happens. */
export async function withServices<T>({ env }: CommandContext, run: (opened: Opened) => Promise<T>): Promise<T> {
  const config = readConfig(env);
  const database = await openDatabase(config);
  try {
    const services = createServices({ prisma: database.prisma, clock: systemClock, random: systemRandom, config });
    return await run({ config, database, services });
  } finally {
    await database.close();
  }
}
