import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { serve as listen, type ServerType } from "@hono/node-server";
import type { Command } from "commander";
import { readConfig, type Config } from "../config.js";
import { openDatabase } from "../db/database.js";
import { AppError } from "../errors/app-error.js";
import { toRestBody } from "../errors/to-rest.js";
import { GRAPHQL_PATH } from "../graphql/yoga.js";
import { openLimiterStore } from "../limiter/open-store.js";
import { systemClock } from "../platform/clock.js";
import { createLogger } from "../platform/logger.js";
import { systemRandom } from "../platform/random.js";
import { createServer, type Server } from "../server.js";
import { createServices } from "../services.js";
import { announceFirstKey, bootstrap } from "./bootstrap.js";
import { explained, type CommandContext } from "./context.js";

export function addServe(program: Command, context: CommandContext): void {
  program
    .command("serve", { isDefault: true })
    .description("run the server")
    .allowExcessArguments()
    .action((_options: unknown, { args: [unknown] }: Command) => {
      // As the default, it is what a mistyped command comes to.
      if (unknown !== undefined) program.error(`error: unknown command '${unknown}'`);
      return serve(context);
    });
}

async function serve({ env, out }: CommandContext): Promise<void> {
  const config = readConfig(env);
  const logger = createLogger(config.logLevel);
  const database = await explained(openDatabase(config));
  const limiterStore = openLimiterStore(config, systemClock, logger);
  const dependencies = { config, database, limiterStore, clock: systemClock, random: systemRandom, logger };
  try {
    const server = createServer(dependencies);
    const { http, address } = await open(server, config);
    try {
      // Only now: a key that is made before the port turns out to be taken would never be shown.
      const firstKey = await bootstrap(createServices({ ...dependencies, prisma: database.prisma }), config.bootstrapApiKey);
      announce(address, announceFirstKey(firstKey, config.bootstrapApiKey), out);
      await untilStopped();
    } finally {
      await close(http);
      await server.close();
    }
  } finally {
    await limiterStore.close();
    await database.close();
  }
}

function open(server: Server, { host, port }: Config): Promise<{ http: ServerType; address: string }> {
  return new Promise((resolve, reject) => {
    const http = listen(
      { fetch: (request, { incoming }) => server.fetch(request, incoming.socket.remoteAddress ?? "unknown"), hostname: host, port },
      (bound) => resolve({ http, address: `http://${host === "127.0.0.1" ? "localhost" : host}:${bound.port}` }),
    );
    http.once("error", reject);
    http.on("clientError", refuseUnreadable);
  });
}

/** A request that the HTTP parser could not read, so that no server saw it: too long a header, an unknown method, garbage. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const status = STATUS_OF_UNREADABLE[error.code ?? ""] ?? 400;
  const refusal = new AppError("INVALID_FORMAT", { message: "The request is not HTTP that this server can read" });
  const body = JSON.stringify(toRestBody(refusal, { requestId: systemRandom.uuid() }, "structured"));
  const headers = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers}\r\n\r\n${body}`);
}

const STATUS_OF_UNREADABLE: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** Tells where the server is, and the first key, in one piece: whoever waits for the address has all of it. */
function announce(address: string, firstKey: readonly string[], out: (line: string) => void): void {
  out([`Backstory is at ${address}`, `GraphiQL:  ${address}${GRAPHQL_PATH}`, ...firstKey].join("\n"));
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

/** Stops taking connections and waits until every request that was accepted is answered. */
function close(http: ServerType): Promise<void> {
  return new Promise((resolve, reject) => {
    http.close((error) => (error === undefined ? resolve() : reject(error)));
    if ("closeIdleConnections" in http) http.closeIdleConnections();
  });
}
