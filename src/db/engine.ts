import type { PrismaClient } from "./generated/prisma/client.js";

/**
 * One statement past Prisma, prepared once for each connection: for what every request needs, where Prisma's own work is
 * several times the statement's. Its text must be a constant, or there would be no end of prepared statements.
 */
export type BareQuery = (sql: string, values: readonly unknown[]) => Promise<readonly Record<string, unknown>[]>;

/** Finds the signal that ends the operation for which a statement is asked. */
export type FindSignal = () => AbortSignal | undefined;

/** For commands and whoever else works without operations. */
export const noSignal: FindSignal = () => undefined;

export type ConnectionCounts = {
  readonly busy: number;
  readonly idle: number;
  /** Statements and transactions for which none is free. */
  readonly waiting: number;
};

/** What both databases give: the adapter for Prisma, bare statements, their migrations, and the way to close them. */
export type Engine = {
  readonly query: BareQuery;
  readonly connections: () => ConnectionCounts;
  readonly adapter: NonNullable<ConstructorParameters<typeof PrismaClient>[0]["adapter"]>;
  /** Applies the missing migrations and returns their names. */
  readonly migrate: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};
