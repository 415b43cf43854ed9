import { createPGlite } from "./open-pglite.js";
import { toEngine } from "./pglite.js";
import { systemClock } from "../platform/clock.js";

// A program that makes a new embedded database in the given folder and prints the migrations. open-pglite.ts says why it is a process.
const [, , folder = ""] = process.argv;
try {
  const engine = toEngine(await createPGlite(folder), { clock: systemClock, afterClose: () => Promise.resolve() });
  process.stdout.write((await engine.migrate()).join("\n"));
  await engine.close();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
