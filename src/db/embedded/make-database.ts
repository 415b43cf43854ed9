import { migrate } from "../migrate.js";
import { withConnection } from "../pool.js";
import { createPGlite } from "./create-pglite.js";
import { connectionTo } from "./engine.js";
import { createLocalBackends } from "./local-backend.js";

// A program that makes a new embedded database in the given folder and prints the migrations. open.ts says why it is a process.
const [, , folder = ""] = process.argv;
try {
  const backends = createLocalBackends(await createPGlite(folder));
  process.stdout.write((await withConnection(connectionTo(backends), migrate)).join("\n"));
  await backends.stop();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
