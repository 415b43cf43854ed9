import type { Command } from "commander";
import type { CommandContext } from "./context.js";
import type { Stopping } from "./run-server.js";

export function addServe(program: Command, context: CommandContext): void {
  program
    .command("serve", { isDefault: true })
    .description("run the server")
    .allowExcessArguments()
    .action(async (_options: unknown, { args: [unknown] }: Command) => {
      // As the default command, it also receives a mistyped command as an argument.
      if (unknown !== undefined) program.error(`error: unknown command '${unknown}'`);
      const stopping = watchProcess();
      // Imported here, because loading the server takes a second and no other command needs it.
      const { runServer } = await import("./run-server.js");
      const cause = await runServer(context, stopping);
      if (cause === "error") process.exitCode = 1;
    });
}

/**
 * Watches for the signals to stop, and for errors that nothing has caught, after which the state of the process is not known.
 * One that comes before somebody waits for it ends the process at once, since no work could be lost yet; so does a second
 * signal. Without a handler, process 1 of a container would ignore signals.
 */
function watchProcess(): Stopping {
  let stop = (cause: NodeJS.Signals | "error"): void => process.exit(cause === "error" ? 1 : 0);
  let reportError = (error: unknown): void => console.error(error);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => {
      reportError(error);
      stop("error");
    });
  }
  return {
    once: (report) =>
      new Promise((resolve) => {
        reportError = report;
        stop = (cause) => {
          stop = (later) => (later === "error" ? undefined : process.exit(1));
          resolve(cause);
        };
      }),
  };
}
