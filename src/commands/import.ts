import type { Command } from "commander";
import { CommandError, type CommandContext } from "./context.js";

export function addImport(program: Command, { out }: CommandContext): void {
  program
    .command("import")
    .argument("<dir>")
    .action((dir: string) => {
      out(dir);
      throw new CommandError("not built yet");
    });
}
