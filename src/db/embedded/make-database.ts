import { migrateOn } from "../pool.js";
import { createPGlite } from "./create-pglite.js";
import { connectionTo } from "./engine.js";
import { createLocalBackends } from "./local-backend.js";

// A program that makes a new embedded database in the given folder and prints the migrations. open.ts says why it is a process.
const [, , folder = ""] = process.argv;
try {
  const backends = createLocalBackends(await createPGlite(folder));
  process.stdout.write((await migrateOn(connectionTo(backends))).join("\n"));
  await backends.close();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
