import { systemClock } from "../../platform/clock.js";
import { createPGlite } from "./create-pglite.js";
import { toEngine } from "./engine.js";
import { createLocalBackends } from "./local-backend.js";

/** Longer than any migration takes. */
const DATABASE_TIMEOUT_MS = 600_000;

// A program that makes a new embedded database in the given folder and prints the migrations. open.ts says why it is a process.
const [, , folder = ""] = process.argv;
try {
  const backends = createLocalBackends(await createPGlite(folder));
  const engine = toEngine({ backends, clock: systemClock, databaseTimeoutMs: DATABASE_TIMEOUT_MS });
  process.stdout.write((await engine.migrate()).join("\n"));
  await engine.close();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
