import { createPGlite } from "./open-pglite.js";
import { toEngine } from "./pglite.js";

// Makes a new embedded database in the folder that it is given and prints the migrations, as a process of its own: see open-pglite.ts.
const [, , folder = ""] = process.argv;
try {
  const engine = toEngine(await createPGlite(folder), () => Promise.resolve());
  process.stdout.write((await engine.migrate()).join("\n"));
  await engine.close();
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
