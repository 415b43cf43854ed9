import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import type { Clock } from "../platform/clock.js";
import type { Claim, Deadline } from "../platform/deadline.js";
import { createFairShare } from "../platform/fair-share.js";
import { SERVER_CLAIM, type Engine, type Query, type Transaction } from "./engine.js";
import { migrate } from "./migrate.js";
import { createPGliteStatements } from "./pglite-statements.js";

/** A quarter of the usual buffers saves some 100 MB. It suffices, because the operating system caches the files too. */
export const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=32MB"];

export function toEngine(
  pglite: PGlite,
  { clock, afterClose }: { readonly clock: Clock; readonly afterClose: () => Promise<void> },
): Engine {
  const enqueue = createQueue(clock);
  return {
    adapter: new PrismaPGlite(withQueue(pglite, enqueue)),
    connections: () => ({ busy: 0, idle: 1, waiting: 0 }), // a statement blocks the event loop, so that nobody can see it run
    ...createStatements(pglite, enqueue),
    migrate: () =>
      migrate({
        query: async (sql, values = []) => (await pglite.query<Record<string, unknown>>(sql, [...values])).rows,
        script: async (sql) => {
          await pglite.exec(sql);
        },
      }),
    async close() {
      await pglite.close();
      await afterClose();
    },
  };
}

/** A statement cannot be stopped once it runs, but none begins for an operation whose deadline has passed. */
function createStatements(pglite: PGlite, enqueue: Enqueue): { readonly query: Query; readonly transaction: Transaction } {
  const { run } = createPGliteStatements(pglite);
  const query: Query = (statement, deadline) => enqueue(() => run(statement), deadline?.claim ?? SERVER_CLAIM, deadline);
  const transaction: Transaction = (work, deadline) =>
    enqueue(
      () =>
        pglite.transaction(() =>
          work((statement) => {
            deadline?.throwIfPassed();
            return run(statement);
          }),
        ),
      deadline?.claim ?? SERVER_CLAIM,
      deadline,
    );
  return { query, transaction };
}

/** Prisma does not say for whom a statement is. */
const PRISMA_CLAIM: Claim = { owner: "prisma", isHeavy: false };

/** Runs work one piece after the other, and gives the event loop a turn after each. The owner that took the least time is next. */
type Enqueue = <T>(run: () => Promise<T>, claim: Claim, deadline?: Deadline) => Promise<T>;

function createQueue(clock: Clock): Enqueue {
  const share = createFairShare({ places: 1, clock });
  return async (run, claim, deadline) => {
    await share.take(claim, deadline);
    try {
      deadline?.throwIfPassed();
      return await run();
    } finally {
      // The next is chosen after a turn of the event loop, among all that have come meanwhile.
      setImmediate(() => share.release(claim));
    }
  };
}

/**
 * Wraps PGlite for Prisma so that its statements run in the queue. PGlite blocks this thread: without the queue, many
 * statements would keep everything else waiting.
 */
function withQueue(pglite: PGlite, enqueue: Enqueue): PGlite {
  const query: PGlite["query"] = (...args) => enqueue(() => pglite.query(...args), PRISMA_CLAIM);
  const transaction: PGlite["transaction"] = (run) => enqueue(() => pglite.transaction(run), PRISMA_CLAIM);
  return new Proxy(pglite, {
    get(target, name) {
      if (name === "query") return query;
      if (name === "transaction") return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
