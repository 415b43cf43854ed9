import { SERVER_CLAIM } from "../../db/engine.js";
import { AppError } from "../../core/errors/app-error.js";
import type { LimiterStore } from "../../core/limits/limiter.js";
import type { Database } from "../../db/database.js";
import { createDeadline, type Deadline } from "../../platform/deadline.js";

type Dependencies = { readonly database: Database; readonly limiterStore: LimiterStore; readonly isDraining: () => boolean };

/** What the server needs besides itself. */
type Part = "database" | "redis";

type Failure = { readonly part: Part; readonly cause: unknown };

/** Who asks waits a second or a few, so that a database that says nothing counts as lost before. */
const LONGEST_CHECK_MS = 2_000;

/**
 * Makes the function that tells whether the server can answer requests. It names what does not work but is not needed: Redis,
 * where RATE_LIMIT_FAIL lets the server go on without it.
 */
export function createReadinessCheck({ database, limiterStore, isDraining }: Dependencies) {
  /** @throws SERVICE_UNAVAILABLE if the server is stopping, or if something fails that it needs and that is not excluded */
  return async (excluded: string | undefined): Promise<{ readonly degraded: readonly Part[] }> => {
    if (isDraining()) throw new AppError("UPSTREAM_UNAVAILABLE", { message: "The server is shutting down", details: { degraded: [] } });
    const found = await Promise.all([
      failureOf("database", (deadline) => database.query({ text: "SELECT 1", values: [] }, deadline)),
      failureOf("redis", limiterStore.check),
    ]);
    const failures = found.filter((failure) => failure !== null);
    const degraded = failures.map(({ part }) => part);
    const isNeeded = ({ part }: Failure) => part === "database" || (limiterStore.isRequired && excluded !== "redis");
    const needed = failures.find(isNeeded);
    if (needed !== undefined)
      throw new AppError("UPSTREAM_UNAVAILABLE", { message: MESSAGES[needed.part], details: { degraded }, cause: needed.cause });
    return { degraded };
  };
}

const MESSAGES: Readonly<Record<Part, string>> = { database: "The database cannot be reached", redis: "Redis cannot be reached" };

/** Whatever becomes of the check itself, it is over after its time. */
function failureOf(part: Part, check: (deadline: Deadline) => Promise<unknown>): Promise<Failure | null> {
  const { deadline, pass } = createDeadline(SERVER_CLAIM);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      pass();
      resolve({ part, cause: new Error(`No answer within ${LONGEST_CHECK_MS} ms`) });
    }, LONGEST_CHECK_MS);
    check(deadline)
      .then(
        () => resolve(null),
        (cause: unknown) => resolve({ part, cause }),
      )
      .finally(() => clearTimeout(timer));
  });
}
