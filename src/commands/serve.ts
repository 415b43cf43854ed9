import type { Command } from "commander";
import type { CommandContext } from "./context.js";
import type { StopSignal } from "./run-server.js";

export function addServe(program: Command, context: CommandContext): void {
  program
    .command("serve", { isDefault: true })
    .description("run the server")
    .allowExcessArguments()
    .action(async (_options: unknown, { args: [unknown] }: Command) => {
      // As the default, it is what a mistyped command comes to.
      if (unknown !== undefined) program.error(`error: unknown command '${unknown}'`);
      const stopped = watchSignals();
      // Only now: no other command needs what the server loads, which takes a second.
      const { runServer } = await import("./run-server.js");
      await runServer(context, stopped);
    });
}

/**
 * Before it is waited for, a signal ends the process at once: nothing has begun that could be lost. A second one does, too.
 * (Process 1 of a container would not end by itself.)
 */
function watchSignals(): StopSignal {
  let handle: (signal: NodeJS.Signals) => void = () => process.exit(0);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => handle(signal));
  return {
    once: () =>
      new Promise((resolve) => {
        handle = (signal) => {
          handle = () => process.exit(1);
          resolve(signal);
        };
      }),
  };
}
