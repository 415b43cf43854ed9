import type { Command } from "commander";
import type { CommandContext } from "./context.js";
import type { StopSignal } from "./run-server.js";

export function addServe(program: Command, context: CommandContext): void {
  program
    .command("serve", { isDefault: true })
    .description("run the server")
    .allowExcessArguments()
    .action(async (_options: unknown, { args: [unknown] }: Command) => {
      // As the default command, it also receives a mistyped command as an argument.
      if (unknown !== undefined) program.error(`error: unknown command '${unknown}'`);
      const stopped = watchSignals();
      // Imported here, because loading the server takes a second and no other command needs it.
      const { runServer } = await import("./run-server.js");
      await runServer(context, stopped);
    });
}

/**
 * Watches for the signals to stop. A signal that comes before somebody waits for it ends the process at once, since no work
 * could be lost yet; so does a second signal. Without a handler, process 1 of a container would ignore them.
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
