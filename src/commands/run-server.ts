import { setTimeout as delay } from "node:timers/promises";
import { readConfig, type Config } from "../config.js";
import { openDatabase } from "../db/database.js";
import { traceStatements } from "../db/traced-statements.js";
import { databaseFolder } from "../db/embedded/database-folder.js";
import { GRAPHQL_PATH } from "../core/request/paths.js";
import { openListener, type Listener } from "../server/http/listener.js";
import { openLimiterStore } from "../core/limits/open-store.js";
import { systemClock } from "../platform/clock.js";
import { readDiskSpace } from "../platform/disk-space.js";
import { createDiskWatch, type DiskWatch } from "../platform/disk-watch.js";
import { bufferedStandardError, createLogger, type Logger } from "../platform/logger.js";
import { createMetrics } from "../platform/metrics.js";
import { systemRandom } from "../platform/random.js";
import { repeat } from "../platform/repeat.js";
import { startTracing } from "../platform/tracing.js";
import { createServer, type Server } from "../server/server.js";
import { createServices, type Services } from "../features/services.js";
import { announceFirstKey, announceUnusedKey, bootstrap } from "./bootstrap.js";
import { explained, type CommandContext } from "./context.js";

/** Why a server stops: a signal asks for it, or an error was thrown that nothing caught. */
export type StopCause = NodeJS.Signals | "error";

/** Resolves once the server is to stop. Every error that nothing catches is reported, those during the drain too. */
export type Stopping = { readonly once: (report: (error: unknown) => void) => Promise<StopCause> };

/** Runs the server until it is to stop, and returns why it was. */
export async function runServer({ env, out, err, onExit, openFilesLimit }: CommandContext, stopping: Stopping): Promise<StopCause> {
  const config = readConfig(env);
  const destination = bufferedStandardError();
  onExit(destination.flushSync.bind(destination));
  const logger = createLogger(config.logLevel, destination);
  const metrics = createMetrics();
  metrics.watchProcess();
  const tracing = await startTracing(config.tracesEndpoint, logger);
  const opened = await explained(openDatabase({ ...config, clock: systemClock, announce: err, logger }));
  const database = traceStatements(opened, tracing.tracer);
  const limiterStore = await openLimiterStore(config, { clock: systemClock, logger, metrics });
  const platform = { clock: systemClock, random: systemRandom, logger, metrics, tracer: tracing.tracer };
  const disk = watchDisk(config, logger);
  try {
    const services = createServices({ ...platform, config, database });
    const isKeyChosen = config.bootstrapApiKey !== undefined;
    // A key that the operator chose is there before the first request, which may come as soon as the port is open.
    if (isKeyChosen) await bootstrap(services, config.bootstrapApiKey);
    const server = createServer({ config, database, limiterStore, disk, ...platform });
    const listener = await openListener({ server, logger, config, openFilesLimit: openFilesLimit() });
    const stopRetention = deleteOldEntries(services, logger);
    try {
      // Any other key is made after listening: if the port were taken, a key made before would never be shown.
      const firstKey = isKeyChosen ? null : await bootstrap(services, undefined);
      for (const line of await announceUnusedKey(services, config.bootstrapApiKey)) err(line);
      announce(
        { address: addressOf(config, listener), publicUrl: config.publicUrl },
        announceFirstKey(firstKey, config.bootstrapApiKey),
        out,
      );
      const cause = await stopping.once((error) => logger.fatal({ err: error }, "an error that nothing caught: the server stops"));
      const delayMs = cause === "SIGINT" ? 0 : config.drain.delayMs;
      logger.info({ delayMs }, "draining");
      await drain(server, listener, delayMs);
      return cause;
    } finally {
      const cut = await listener.close(config.drain.timeoutMs);
      if (cut > 0) logger.warn({ requests: cut }, "DRAIN_TIMEOUT_MS has passed: requests were cut off");
      await stopRetention();
      await server.close();
    }
  } finally {
    disk?.close();
    await limiterStore.close();
    await database.close();
    await tracing.close();
  }
}

/** Deletes old entries of the audit log every hour, beginning a minute after the start. Returns the function that stops it. */
function deleteOldEntries({ audit }: Services, logger: Logger): () => Promise<void> {
  return repeat({
    ...{ clock: systemClock, firstPauseMs: 60_000, pauseMs: 3_600_000, work: audit.deleteOld },
    onError: (error) => logger.warn({ err: error }, "old entries of the audit log could not be deleted"),
  });
}

/** Watches the disk of the embedded database. Of PostgreSQL's it is not known where it is. */
function watchDisk({ databaseUrl, dataDir, diskWarnBytes }: Config, logger: Logger): DiskWatch | null {
  if (databaseUrl !== undefined) return null;
  const folder = databaseFolder(dataDir);
  const disk = createDiskWatch({ folder, warnBytes: diskWarnBytes, read: readDiskSpace, clock: systemClock, logger });
  disk.start();
  return disk;
}

function addressOf({ host }: Config, { port }: Listener): string {
  return `http://${host === "127.0.0.1" ? "localhost" : host}:${port}`;
}

type Addresses = { readonly address: string; readonly publicUrl: string | undefined };

/** Prints the addresses and the first key in one write, so that a program that waits for the address gets the key too. */
function announce({ address, publicUrl = address }: Addresses, firstKey: readonly string[], out: (line: string) => void): void {
  out([`Backstory is at ${address}`, `GraphiQL:  ${publicUrl}${GRAPHQL_PATH}`, ...firstKey].join("\n"));
}

/** Reports on `/readyz` that the server stops, and goes on serving until proxies have had the time to notice. */
async function drain(server: Server, listener: Listener, delayMs: number): Promise<void> {
  server.drain();
  listener.shedConnections();
  await delay(delayMs);
}
