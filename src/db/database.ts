import { PrismaClient } from "./generated/prisma/client.js";
import type { Clock } from "../platform/clock.js";
import type { Logger } from "../platform/logger.js";
import type { ConnectionCounts, Engine, Query, Transaction } from "./engine.js";
import { openEmbedded, type Announce } from "./embedded/open.js";
import { openPostgres } from "./postgres.js";

export type Database = {
  readonly prisma: PrismaClient;
  /** For whatever requests read and write often; Prisma is for the rest. */
  readonly query: Query;
  readonly transaction: Transaction;
  readonly connections: () => ConnectionCounts;
  readonly hasOneConnection: boolean;
  readonly close: () => Promise<void>;
};

export type DatabaseOptions = {
  readonly databaseUrl: string | undefined;
  /** Folder of the embedded database; used where no `databaseUrl` is given. */
  readonly dataDir: string;
  /** Deadline of a statement or transaction. */
  readonly databaseTimeoutMs: number;
  readonly databasePoolSize: number;
  readonly clock: Clock;
  /** Hears what takes long at the first start of the embedded database. */
  readonly announce?: Announce;
  /** Hears what fails without anybody waiting for it. */
  readonly logger?: Pick<Logger, "warn">;
};

/** The database of the settings: PostgreSQL where an address is given, else the embedded one. */
export async function openEngine({ databaseUrl, ...options }: DatabaseOptions): Promise<Engine> {
  return databaseUrl === undefined ? openEmbedded(options) : openPostgres(databaseUrl, options);
}

/** Prisma over an engine. `onStatement` hears every SQL statement. */
export function connectPrisma(engine: Engine, timeoutMs: number, onStatement?: (sql: string) => void): Database {
  const prisma = new PrismaClient({
    adapter: engine.adapter,
    transactionOptions: { maxWait: timeoutMs, timeout: timeoutMs },
    log: [{ emit: "event", level: "query" }],
  });
  if (onStatement !== undefined) prisma.$on("query", (event) => onStatement(event.query));
  return {
    prisma,
    query: engine.query,
    transaction: engine.transaction,
    connections: engine.connections,
    hasOneConnection: engine.hasOneConnection,
    async close() {
      await prisma.$disconnect();
      await engine.close();
    },
  };
}

/** The database of the settings, migrated and ready. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const engine = await openEngine(options);
  try {
    await engine.migrate();
  } catch (error) {
    await engine.close();
    throw error;
  }
  return connectPrisma(engine, options.databaseTimeoutMs);
}
