import type { Logger } from "../../platform/logger.js";
import type { Random } from "../../platform/random.js";
import type { Principal } from "../auth/principal.js";
import type { ErrorReason } from "../errors/catalogue.js";
import type { Decision } from "../limits/limiter.js";
import type { Client } from "./client-address.js";

/** The state of one HTTP request. All operations of a batch share it. */
export type RequestState = {
  readonly requestId: string;
  /** Scheme and host by which the client reached the server. */
  readonly origin: string;
  /** Address of the client, as the limits per address count it. */
  readonly address: string;
  /** A log whose lines carry the request's id. */
  readonly log: Logger;
  /** Null if no Authorization header was sent. */
  principal: Principal | null;
  /** The decision about the request's operations; its windows make the rate-limit headers. */
  decision: Decision | null;
  /** The codes of all errors of the answer, for the request's log line. */
  readonly errorReasons: ErrorReason[];
  /** The names of its operations, as far as they have any, for the log line. */
  readonly operationNames: string[];
};

/** The types of Hono's context, which each step of a request hands to the next. */
export type Environment = {
  Bindings: Client;
  Variables: { state: RequestState };
};

/** An id that a client may choose for its request. Every log and header can hold it. */
const SANE_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** Takes the client's own id for its request if it is sane, else a new one. */
export function idOf(given: string | string[] | null | undefined, random: Random): string {
  return typeof given === "string" && SANE_ID.test(given) ? given : random.uuid();
}

/** Returns the origin that a Host header names, or http://localhost if the host is not well-formed. */
export function originOfHost(host = "localhost"): string {
  const address = `http://${host}`;
  return URL.canParse(address) ? new URL(address).origin : "http://localhost";
}

/** The facts that the headers of a request give. */
export type RequestHead = { readonly requestId: string | string[] | null | undefined; readonly findOrigin: () => string };

type Dependencies = { readonly logger: Logger; readonly random: Random };

/** Makes the state of a request that has just come in. */
export function createRequestState(head: RequestHead, client: Client, { logger, random }: Dependencies): RequestState {
  return new OnDemandState(idOf(head.requestId, random), { head, client, logger });
}

/**
 * A class, because V8 makes a new hidden class for every object literal with getters: it would keep the request and its answer
 * in memory until the next full garbage collection.
 */
class OnDemandState implements RequestState {
  readonly address: string;
  principal: Principal | null = null;
  decision: Decision | null = null;
  readonly errorReasons: ErrorReason[] = [];
  readonly operationNames: string[] = [];
  #log: Logger | undefined;

  constructor(
    readonly requestId: string,
    private readonly from: { readonly head: RequestHead; readonly client: Client; readonly logger: Logger },
  ) {
    this.address = from.client.address;
  }

  // Most requests need neither the origin nor a child logger: both are made on demand.
  get origin(): string {
    return this.from.client.origin ?? this.from.head.findOrigin();
  }

  get log(): Logger {
    return (this.#log ??= this.from.logger.child({ requestId: this.requestId }));
  }
}
