import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { PGlite } from "@electric-sql/pglite";
import { allScopes, type Scope } from "../../src/core/auth/scopes.js";
import { readConfig, type Config } from "../../src/config.js";
import { connectPrisma, openEngine } from "../../src/db/database.js";
import type { Engine, Query } from "../../src/db/engine.js";
import { START_PARAMETERS } from "../../src/db/embedded/create-pglite.js";
import { toResponse } from "../../src/core/request/rendered-answer.js";
import type { Client } from "../../src/core/request/client-address.js";
import type { OnClose } from "../../src/core/request/state.js";
import type { LimiterStore } from "../../src/core/limits/limiter.js";
import { createMemoryStore } from "../../src/core/limits/memory-store.js";
import type { Clock } from "../../src/platform/clock.js";
import { readDiskSpace } from "../../src/platform/disk-space.js";
import { createDiskWatch } from "../../src/platform/disk-watch.js";
import { createLogger } from "../../src/platform/logger.js";
import { movableClock } from "./movable-clock.js";
import { TRUST_MS } from "../../src/core/auth/trust.js";
import { createMetrics } from "../../src/platform/metrics.js";
import { createServer } from "../../src/server/server.js";
import { createServices } from "../../src/features/services.js";
import { toLocalEngine } from "./local-engine.js";

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers of every shape; what they expect to find there is what they assert.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
};

export type LogLine = { readonly level: number; readonly msg: string; readonly [fact: string]: unknown };
export type TestServer = Awaited<ReturnType<typeof startTestServer>>;
export type TestUser = { readonly id: string; readonly email: string; readonly key: string };

/** Sends the connections to a PostgreSQL server another way, for tests that interrupt them. */
type Route = (url: URL) => URL;

/** Who sends requests, unless a test says otherwise. */
export const CLIENT = { address: "192.0.2.1", origin: null };

const WARN = 40;

/** Whether every request goes the way of web requests, which otherwise only some do. */
const isByWebRequests = process.env.TEST_WAY === "web";

/**
 * A whole server on a fresh database, with a clock that stands still until it is moved, reached through its fetch.
 * `close` fails if anything was logged at warn or above that the test did not take with `takeLog`.
 */
export async function startTestServer(
  settings: Readonly<Record<string, string>> = {},
  route: Route = (url) => url,
  sharedStore?: LimiterStore,
) {
  const config = readConfig({ LOG_LEVEL: "debug", MAX_QUEUE_MS: "60000", ...settings });
  const clock = movableClock();
  const random = { uuid: () => randomUUID(), bytes: (length: number) => randomBytes(length) };
  const lines: LogLine[] = [];
  const statements: string[] = [];
  const users = new Map<string, TestUser>();
  const engine = await openTestEngine({ config, clock, route });
  const heard =
    (query: Query): Query =>
    (statement, deadline) => {
      statements.push(statement.text);
      return query(statement, deadline);
    };
  const transaction: Engine["transaction"] = (run, deadline) => engine.transaction((query) => run(heard(query)), deadline);
  const database = connectPrisma({ ...engine, query: heard(engine.query), transaction }, config.databaseTimeoutMs, (sql) =>
    statements.push(sql),
  );
  const logger = createLogger(config.logLevel, collect(lines));
  const limiterStore = sharedStore ?? createMemoryStore(clock);
  // The database is in memory or elsewhere, so that only a folder of the test's own is watched.
  const watched = { folder: config.dataDir, warnBytes: config.diskWarnBytes, read: readDiskSpace, clock, logger };
  const disk = settings.DATA_DIR === undefined ? null : createDiskWatch(watched);
  const server = await orClose(database, () =>
    createServer({
      config,
      database,
      limiterStore,
      disk,
      clock,
      random,
      logger,
      metrics: createMetrics(),
      tracer: null,
    }),
  );
  const services = createServices({ database, clock, random, config });

  /** As the listener does it. */
  async function answer(request: Request, from: Client): Promise<Response> {
    const listeners: (() => void)[] = [];
    try {
      return await answerFor(request, { ...from, onClose: (listener) => void listeners.push(listener) });
    } finally {
      for (const listener of listeners) listener(); // a test takes its answers at once
    }
  }

  async function answerFor(request: Request, client: Client & { readonly onClose: OnClose }): Promise<Response> {
    const { host, pathname, search } = new URL(request.url);
    const head = { method: request.method, url: pathname + search, headers: { host, ...Object.fromEntries(request.headers) } };
    const findClient = () => client;
    const rejection = server.rejectOverload(head, findClient);
    if (rejection !== null) return toResponse(rejection);
    if (isByWebRequests) return server.fetch(request, client);
    const nodeRequest = {
      ...head,
      isGone: () => request.signal.aborted,
      onClose: client.onClose,
      /** On demand: a web request whose body was taken cannot be read any more. */
      get body() {
        return toReadable(request);
      },
    };
    const answered = server.answer(nodeRequest, findClient);
    return answered === null ? server.fetch(request, client) : toResponse(await answered);
  }

  async function send(path: string, init: RequestInit = {}, address = CLIENT.address): Promise<Answer> {
    const response = await answer(new Request(`http://backstory.test${path}`, init), { address, origin: null });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    return { status: response.status, headers: response.headers, body: isJson && text !== "" ? (JSON.parse(text) as unknown) : text };
  }

  async function everyStatementOf(run: () => Promise<unknown>): Promise<string[]> {
    statements.length = 0;
    await run();
    await server.close();
    return [...statements];
  }

  return {
    clock,
    services,
    prisma: database.prisma,
    sql: database.query,
    lines,
    server,
    config,
    random,
    logger,
    fetch: answer,
    send,

    /** A user with a key; all scopes unless some are named. */
    async addUser(email = `${randomUUID()}@example.com`, scopes: readonly Scope[] = allScopes, rateLimit?: string): Promise<TestUser> {
      const user = await services.users.create(email);
      const { text } = await services.apiKeys.create({ userId: user.id, name: "test", scopes, rateLimit: rateLimit ?? null });
      const added = { id: user.id, email, key: text };
      users.set(email, added);
      return added;
    },

    /** The key of a user that the test added. */
    keyOf(email: string): string {
      const user = users.get(email.toLowerCase());
      if (user === undefined) throw new Error(`The test added no user ${email}`);
      return user.key;
    },

    /** Lets the time pass for which the server acts on what it read of keys, so that it asks the database again. */
    forgetKeys: () => clock.advance(TRUST_MS + 1),

    /** Another key of a user, with these scopes only. */
    async addKey(user: TestUser, scopes: readonly Scope[], rateLimit?: string): Promise<string> {
      return (await services.apiKeys.create({ userId: user.id, name: "test", scopes, rateLimit: rateLimit ?? null })).text;
    },

    /** A GraphQL operation, as a client of the newer media type sends it. Without a key it carries no Authorization. */
    query(
      key: string | null,
      query: string,
      variables?: Readonly<Record<string, unknown>>,
      headers: Readonly<Record<string, string>> = {},
    ) {
      return send("/api/v1/graphql", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/graphql-response+json",
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
    },

    /** Runs something and returns the SQL statements it needed, those of authentication left out. */
    async statementsOf(run: () => Promise<unknown>): Promise<string[]> {
      return (await everyStatementOf(run)).filter((sql) => !sql.includes('"ApiKey"'));
    },

    /** The same with those of authentication, and with what is written beside the request. */
    everyStatementOf,

    /** The lines logged at warn or above so far, which `close` will then not complain about. */
    takeLog: () => lines.splice(0).filter(({ level }) => level >= WARN),

    drain: server.drain,

    /** Waits for what is written beside the requests. */
    settled: server.close,

    /** How many statements changed rows of a table while something ran. */
    async updatesOf(table: string, run: () => Promise<unknown>): Promise<number> {
      statements.length = 0;
      await run();
      return statements.filter((sql) => sql.startsWith(`UPDATE "${table}"`)).length;
    },

    /** Makes the database unreachable for the rest of the test. */
    loseDatabase: () => engine.close(),

    async close() {
      await server.close();
      await limiterStore.close();
      await database.close();
      const unexpected = lines.filter(({ level }) => level >= WARN);
      if (unexpected.length > 0) throw new Error(`Unexpected log lines: ${JSON.stringify(unexpected, null, 2)}`);
    },
  };
}

/** The body of a web request as Node's HTTP server gives it: it breaks off when the client goes away. */
function toReadable({ body, signal }: Request): Readable {
  if (body === null) return Readable.from([]);
  const readable = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0], { highWaterMark: 1 }); // one type, declared twice
  if (signal.aborted) readable.destroy();
  else signal.addEventListener("abort", () => readable.destroy());
  return readable;
}

/** For servers that refuse to start. */
async function orClose<T>(database: { readonly close: () => Promise<void> }, start: () => T): Promise<T> {
  try {
    return start();
  } catch (error) {
    await database.close();
    throw error;
  }
}

type EngineOptions = { readonly config: Config; readonly clock: Clock; readonly route: Route };

/** The embedded database from the image of the global set-up, or a new database on TEST_DATABASE_URL's server. */
async function openTestEngine({ config, clock, route }: EngineOptions): Promise<Engine> {
  const url = process.env.TEST_DATABASE_URL;
  const engine = url === undefined ? await openPGliteCopy(clock) : await openPostgresCopy(url, { config, clock, route });
  await engine.migrate();
  let closing: Promise<void> | undefined;
  return { ...engine, close: () => (closing ??= engine.close()) };
}

async function openPGliteCopy(clock: Clock): Promise<Engine> {
  const image = await readFile(join(process.env.TEST_FOLDER ?? "", "image.tar"));
  return toLocalEngine(await PGlite.create({ loadDataDir: new Blob([image]), startParams: START_PARAMETERS }), clock);
}

async function openPostgresCopy(url: string, { config, clock, route }: EngineOptions): Promise<Engine> {
  const { default: pg } = await import("pg");
  const name = `backstory_test_${randomUUID().replaceAll("-", "")}`;
  const server = new pg.Client({ connectionString: url });
  await server.connect();
  await server.query(`CREATE DATABASE ${name}`);
  const target = new URL(url);
  target.pathname = `/${name}`;
  const engine = await openEngine({ ...config, clock, databaseUrl: route(target).href });
  return {
    ...engine,
    async close() {
      await engine.close();
      await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await server.end();
    },
  };
}

function collect(lines: LogLine[]): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split("\n")) if (line !== "") lines.push(JSON.parse(line) as LogLine);
      done();
    },
  });
}
