import type { Command } from "commander";
import { readConfig } from "../config.js";
import { openEngine } from "../db/database.js";
import { explained, type CommandContext } from "./context.js";
import { systemClock } from "../platform/clock.js";

export function addMigrate(program: Command, context: CommandContext): void {
  program
    .command("migrate")
    .description("bring the database to this version; the server does it at its start, too")
    .action(() => migrate(context));
}

async function migrate({ env, out, err }: CommandContext): Promise<void> {
  const engine = await explained(openEngine({ ...readConfig(env), clock: systemClock, announce: err }));
  try {
    const applied = await explained(engine.migrate());
    for (const name of applied) out(`applied ${name}`);
    if (applied.length === 0) out("The database is up to date.");
  } finally {
    await engine.close();
  }
}
