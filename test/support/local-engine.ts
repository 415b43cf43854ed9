import type { PGlite } from "@electric-sql/pglite";
import type { Engine } from "../../src/db/engine.js";
import { toEngine } from "../../src/db/embedded/engine.js";
import { createLocalBackends } from "../../src/db/embedded/local-backend.js";
import { systemClock, type Clock } from "../../src/platform/clock.js";

/** The embedded database without a thread, which takes a second to start. */
export function toLocalEngine(pglite: PGlite, clock: Clock = systemClock): Engine {
  return toEngine({ backends: createLocalBackends(pglite), clock, databaseTimeoutMs: 60_000 });
}
