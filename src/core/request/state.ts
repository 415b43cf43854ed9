import type { Logger } from "../../platform/logger.js";
import type { Random } from "../../platform/random.js";
import type { Principal } from "../auth/principal.js";
import type { ErrorReason } from "../errors/catalogue.js";
import type { Decision } from "../limits/limiter.js";
import { createAnswerContent, type AnswerContent, type AnswerLimit } from "../load/answer-content.js";
import type { ContentMemory } from "../load/content-memory.js";
import type { Client } from "./client-address.js";
import { chooseOrigin } from "./origin.js";
import { ownerOf } from "./owner.js";

/** The state of one HTTP request. All operations of a batch share it. */
export type RequestState = {
  readonly requestId: string;
  /** Scheme and host of the links that its answer has. */
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
  /** Whether its body is so large that cheap requests of the same caller pass it. */
  isUpload: boolean;
  /** The content of its answer: the memory is given back when the answer is written. */
  readonly content: AnswerContent;
  /** The bytes of that content. */
  readonly contentBytes: number;
};

/** Calls the listener when the answer has been written, or its client is gone. */
export type OnClose = (listener: () => void) => void;

/** The limits of the content that an answer holds. */
export type AnswerLimits = { readonly memory: ContentMemory; readonly limit: AnswerLimit };

/** The types of Hono's context, which each step of a request hands to the next. */
export type Environment = {
  Bindings: Client & { readonly onClose: OnClose };
  Variables: { state: RequestState };
};

/** An id that a client may choose for its request. Every log and header can hold it. */
const SANE_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** Takes the client's own id for its request if it is sane, else a new one. */
export function idOf(given: string | string[] | null | undefined, random: Random): string {
  return typeof given === "string" && SANE_ID.test(given) ? given : random.uuid();
}

/** The facts that the headers of a request give. */
export type RequestHead = { readonly requestId: string | string[] | null | undefined; readonly findOrigin: () => string };

/** A request that has just come in. */
export type Arrival = { readonly head: RequestHead; readonly client: Client; readonly onClose: OnClose };

type Dependencies = {
  readonly logger: Logger;
  readonly random: Random;
  readonly publicUrl: string | undefined;
  readonly answers: AnswerLimits;
};

export function createRequestState(arrival: Arrival, dependencies: Dependencies): RequestState {
  return new OnDemandState(idOf(arrival.head.requestId, dependencies.random), arrival, dependencies);
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
  isUpload = false;
  #log: Logger | undefined;
  #content: AnswerContent | undefined;

  constructor(
    readonly requestId: string,
    private readonly arrival: Arrival,
    private readonly dependencies: Dependencies,
  ) {
    this.address = arrival.client.address;
  }

  // Most requests need neither the origin nor a child logger: both are made on demand.
  get origin(): string {
    const { client, head } = this.arrival;
    return chooseOrigin({ publicUrl: this.dependencies.publicUrl, proxied: client.origin, find: head.findOrigin });
  }

  get log(): Logger {
    return (this.#log ??= this.dependencies.logger.child({ requestId: this.requestId }));
  }

  get content(): AnswerContent {
    return (this.#content ??= this.#holdContent());
  }

  get contentBytes(): number {
    return this.#content?.bytes() ?? 0;
  }

  #holdContent(): AnswerContent {
    const { answers } = this.dependencies;
    const lease = answers.memory.lease(ownerOf(this));
    this.arrival.onClose(lease.release);
    return createAnswerContent(lease, answers.limit);
  }
}
