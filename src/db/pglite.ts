import { setImmediate } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { PrismaPGlite } from "pglite-prisma-adapter";
import type { Engine, Query, Transaction } from "./engine.js";
import { migrate } from "./migrate.js";
import { createPGliteStatements } from "./pglite-statements.js";

/** The files are in the page cache of the system already, so a quarter of the usual buffers suffices and saves some 100 MB. */
export const START_PARAMETERS = [...PGlite.defaultStartParams, "-c", "shared_buffers=32MB"];

export function toEngine(pglite: PGlite, afterClose: () => Promise<void>): Engine {
  const inTurn = createTurns();
  return {
    adapter: new PrismaPGlite(withTurns(pglite, inTurn)),
    connections: () => ({ busy: 0, idle: 1, waiting: 0 }), // it answers within a turn of the event loop, so that nobody sees it busy
    ...createStatements(pglite, inTurn),
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
function createStatements(pglite: PGlite, inTurn: InTurn): { readonly query: Query; readonly transaction: Transaction } {
  const { run } = createPGliteStatements(pglite);
  const query: Query = (statement, deadline) =>
    inTurn(() => {
      deadline?.throwIfPassed();
      return run(statement);
    });
  const transaction: Transaction = (work, deadline) =>
    inTurn(() => {
      deadline?.throwIfPassed();
      return pglite.transaction(() =>
        work((statement) => {
          deadline?.throwIfPassed();
          return run(statement);
        }),
      );
    });
  return { query, transaction };
}

/** Runs one thing after the other, and gives the event loop a turn before each. */
type InTurn = <T>(run: () => Promise<T>) => Promise<T>;

function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (run) => {
    const result = last.then(() => setImmediate()).then(run);
    last = result.catch(() => undefined); // its caller handles the error
    return result;
  };
}

/** The same database for Prisma. It runs on this very thread: a line of statements must not keep everything else waiting. */
function withTurns(pglite: PGlite, inTurn: InTurn): PGlite {
  const query: PGlite["query"] = (...args) => inTurn(() => pglite.query(...args));
  const transaction: PGlite["transaction"] = (run) => inTurn(() => pglite.transaction(run));
  return new Proxy(pglite, {
    get(target, name) {
      if (name === "query") return query;
      if (name === "transaction") return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
