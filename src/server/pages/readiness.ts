import { SERVER_CLAIM } from "../../db/engine.js";
import { AppError } from "../../core/errors/app-error.js";
import type { LimiterStore } from "../../core/limits/limiter.js";
import type { Database } from "../../db/database.js";
import type { Deadline } from "../../platform/deadline.js";
import type { DiskWatch } from "../../platform/disk-watch.js";
import { withinTime } from "../../platform/within-time.js";

type Dependencies = {
  readonly database: Database;
  readonly limiterStore: LimiterStore;
  /** Null where the server writes to no disk of its own. */
  readonly disk: DiskWatch | null;
  readonly isDraining: () => boolean;
};

/** What the server needs besides itself. */
type Part = "database" | "redis" | "disk";

type Failure = { readonly part: Part; readonly cause: unknown };

/** Who asks waits a second or a few, so that a database that says nothing counts as lost before. */
const LONGEST_CHECK_MS = 2_000;

/**
 * Makes the function that tells whether the server can answer requests. It names what does not work but is not needed: Redis,
 * where RATE_LIMIT_FAIL lets the server go on without it, and room on the disk, while there is a little.
 */
export function createReadinessCheck({ database, limiterStore, disk, isDraining }: Dependencies) {
  /** @throws SERVICE_UNAVAILABLE if the server is stopping, or if something fails that it needs and that is not excluded */
  return async (excluded: string | undefined): Promise<{ readonly degraded: readonly Part[] }> => {
    if (isDraining()) throw new AppError("UPSTREAM_UNAVAILABLE", { message: "The server is shutting down", details: { degraded: [] } });
    const found = await Promise.all([
      failureOf("database", (deadline) => database.query({ text: "SELECT 1", values: [] }, deadline)),
      failureOf("redis", limiterStore.check),
      disk === null ? null : failureOf("disk", disk.requireRoom),
    ]);
    const failures = found.filter((failure) => failure !== null);
    const degraded = failures.map(({ part }) => part);
    const isNeeded = ({ part }: Failure) => part === "database" || (part === "redis" && limiterStore.isRequired && excluded !== "redis");
    const needed = failures.find(isNeeded);
    if (needed !== undefined)
      throw new AppError("UPSTREAM_UNAVAILABLE", { message: MESSAGES[needed.part], details: { degraded }, cause: needed.cause });
    return { degraded };
  };
}

const MESSAGES: Readonly<Record<Part, string>> = {
  database: "The database cannot be reached",
  redis: "Redis cannot be reached",
  disk: "The disk is nearly full",
};

async function failureOf(part: Part, check: (deadline: Deadline) => Promise<unknown>): Promise<Failure | null> {
  try {
    await withinTime({ timeoutMs: LONGEST_CHECK_MS, claim: SERVER_CLAIM }, check);
    return null;
  } catch (cause) {
    return { part, cause };
  }
}
