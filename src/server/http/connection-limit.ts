import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "../../platform/logger.js";

type Options = {
  /** The most connections. Further ones are closed at once. */
  readonly most: number;
  /** Returns the address by which a connection is counted; null for one that is not counted, such as a proxy's. */
  readonly addressOf: (socket: Socket) => string | null;
  /** Answers a connection that is one too many of its address, and closes it. */
  readonly reject: (socket: Socket) => void;
  readonly logger: Logger;
};

/** The connections of one address: how many are served, and those that wait for one of them to end. */
type Address = {
  served: number;
  readonly waiting: Map<Socket, { readonly serve: () => void; readonly sinceTick: number }>;
  freedTick: number;
};

/** The part of all connections that one address may have. */
const SHARE_OF_ONE = 1 / 20;

/** The part of the files that the system lets the process open which may be connections of clients. */
const SHARE_OF_FILES = 0.5;

/** Waiting connections are rejected if for this many ticks no connection of their address has ended. */
const TICK_MS = 500;
const MOST_TICKS = 4;

/** Returns the most connections of the setting, or fewer where the system does not allow the process so many open files. */
export function mostConnections(setting: number, openFiles: number): number {
  return Math.max(1, Math.min(setting, Math.floor(openFiles * SHARE_OF_FILES)));
}

export type ConnectionLimit = {
  /** Whether others of its address wait for this connection to end. */
  readonly isAwaited: (socket: Socket) => boolean;
};

/**
 * Limits the connections of a server, and those of each address, so that nobody takes them all. As many of an address again
 * may wait, unread, while connections of their address end: a burst of requests is served, and idle connections are not kept.
 */
export function limitConnections(server: Server, { most, addressOf, reject, logger }: Options): ConnectionLimit {
  const mostOfOne = Math.max(1, Math.ceil(most * SHARE_OF_ONE));
  const addresses = new Map<string, Address>();
  const [serve] = server.listeners("connection") as [(socket: Socket) => void]; // the HTTP parser's own
  const rejections = countRejections(logger, { most, mostOfOne });
  const stalls = watchStalls(addresses, turnAway);

  function turnAway(socket: Socket, address: Address): void {
    address.waiting.delete(socket);
    rejections.record();
    reject(socket);
  }

  function startServing(socket: Socket, name: string, address: Address): void {
    address.served += 1;
    socket.once("close", () => {
      address.served -= 1;
      address.freedTick = stalls.now();
      const [next] = address.waiting;
      if (next !== undefined) {
        address.waiting.delete(next[0]);
        next[1].serve();
      } else if (address.served === 0) addresses.delete(name);
    });
    serve.call(server, socket);
  }

  function wait(socket: Socket, name: string, address: Address): void {
    const giveUp = () => void address.waiting.delete(socket);
    socket.on("error", giveUp).once("close", giveUp);
    address.waiting.set(socket, { serve: () => startServing(socket, name, address), sinceTick: stalls.now() });
    stalls.start();
  }

  function admit(socket: Socket): void {
    const name = addressOf(socket);
    if (name === null) return serve.call(server, socket);
    const address = addresses.get(name) ?? { served: 0, waiting: new Map(), freedTick: stalls.now() };
    addresses.set(name, address);
    if (address.served < mostOfOne) startServing(socket, name, address);
    else if (address.waiting.size < mostOfOne) wait(socket, name, address);
    else turnAway(socket, address);
  }

  server.maxConnections = most;
  server.off("connection", serve).on("connection", admit);
  server.on("drop", rejections.record);
  return {
    isAwaited(socket) {
      if (!stalls.areWatched()) return false; // nobody waits
      const name = addressOf(socket);
      return name !== null && (addresses.get(name)?.waiting.size ?? 0) > 0;
    },
  };
}

/** Turns connections away that wait while none of their address ends. */
function watchStalls(addresses: ReadonlyMap<string, Address>, turnAway: (socket: Socket, address: Address) => void) {
  let tick = 0;
  let timer: NodeJS.Timeout | undefined;

  function check(): void {
    tick += 1;
    let waiting = 0;
    for (const address of addresses.values()) {
      for (const [socket, { sinceTick }] of address.waiting) {
        if (tick - Math.max(sinceTick, address.freedTick) >= MOST_TICKS) turnAway(socket, address);
      }
      waiting += address.waiting.size;
    }
    if (waiting > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return {
    now: () => tick,
    areWatched: () => timer !== undefined,
    start: () => void (timer ??= setInterval(check, TICK_MS).unref()),
  };
}

/** Logs one line a second at most for all rejected connections. */
function countRejections(logger: Logger, limits: { readonly most: number; readonly mostOfOne: number }) {
  let rejected = 0;
  let timer: NodeJS.Timeout | undefined;
  const log = () => {
    timer = undefined;
    logger.warn({ rejected, ...limits }, "too many connections: rejected in the last second");
    rejected = 0;
  };
  return {
    record(): void {
      rejected += 1;
      timer ??= setTimeout(log, 1_000).unref();
    },
  };
}
