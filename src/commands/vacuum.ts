import type { Command } from "commander";
import { readConfig } from "../config.js";
import { openEngine } from "../db/database.js";
import { explained, type CommandContext } from "./context.js";
import { systemClock } from "../platform/clock.js";

export function addVacuum(program: Command, context: CommandContext): void {
  program
    .command("vacuum")
    .description("give the space of deleted content back at once; a table cannot be used while it is written anew")
    .action(() => vacuum(context));
}

async function vacuum({ env, out, err }: CommandContext): Promise<void> {
  const engine = await explained(openEngine({ ...readConfig(env), clock: systemClock, announce: err }));
  try {
    await engine.migrate();
    const { before, after } = await explained(engine.vacuum(), "The database failed");
    out(`The database had ${toMegabytes(before)} MB and has ${toMegabytes(after)} MB.`);
  } finally {
    await engine.close();
  }
}

const toMegabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1);
