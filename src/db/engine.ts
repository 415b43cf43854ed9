import type { Claim, Deadline } from "../platform/deadline.js";
import type { PrismaClient } from "./generated/prisma/client.js";

/**
 * One SQL statement with `$1`, `$2` ... for its values; a `Prisma.Sql` is one. It is prepared once for each connection and
 * text, so the text must be constant: what differs between two requests is a value, and a list of any length is one array.
 */
export type Statement = { readonly text: string; readonly values: readonly unknown[] };

/**
 * Runs a statement past Prisma, whose own work is several times that of the driver. Columns come as these types on both
 * databases: `bigint` as bigint, `timestamptz` as Date, `integer` and `float8` as number, arrays as arrays, JSON parsed,
 * `numeric` as text. The statement is cancelled when the deadline passes. Who sends many statements waits behind them, and
 * others do not.
 */
export type Query = <Row extends object>(statement: Statement, deadline?: Deadline) => Promise<Row[]>;

/** Runs statements in one transaction: all of them take effect, or none where `run` throws. */
export type Transaction = <T>(run: (query: Query) => Promise<T>, deadline?: Deadline) => Promise<T>;

/** The claim of statements without a deadline: those of the server itself, such as looking a key up, and of the command line. */
export const SERVER_CLAIM: Claim = { owner: null, isHeavy: false };

export type ConnectionCounts = {
  readonly busy: number;
  readonly idle: number;
  /** Statements and transactions that wait for a free connection. */
  readonly waiting: number;
};

/** What both databases provide. */
export type Engine = {
  readonly query: Query;
  readonly transaction: Transaction;
  readonly connections: () => ConnectionCounts;
  /** Whether all statements take turns on one connection, so that a long transaction keeps everybody else waiting. */
  readonly hasOneConnection: boolean;
  readonly adapter: NonNullable<ConstructorParameters<typeof PrismaClient>[0]["adapter"]>;
  /** Applies the missing migrations and returns their names. */
  readonly migrate: () => Promise<readonly string[]>;
  /** Writes all tables anew, so that nothing of deleted rows is left in their files, and returns the size of the database before and after. */
  readonly vacuum: () => Promise<DatabaseSizes>;
  readonly close: () => Promise<void>;
};

/** In bytes. */
export type DatabaseSizes = { readonly before: number; readonly after: number };
