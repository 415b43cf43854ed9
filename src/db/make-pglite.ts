import { PGlite } from "@electric-sql/pglite";
import { toEngine } from "./pglite.js";

// Makes a new embedded database in the folder that it is given and prints the migrations, as a process of its own: see pglite.ts.
const engine = toEngine(await PGlite.create({ dataDir: process.argv[2] }), () => Promise.resolve());
process.stdout.write((await engine.migrate()).join("\n"));
await engine.close();
