import type { Readable } from "node:stream";
import { SMALL_BYTES, type ContentLease, type ContentMemory } from "../../core/load/content-memory.js";
import type { BodyRate } from "../../core/request/body-rate.js";
import { createJsonBody, type JsonBody } from "../../core/request/json-body.js";
import { ownerOf } from "../../core/request/owner.js";
import {
  readNodeBody,
  readWebBody,
  withoutKey,
  withinMemory,
  withoutWriting,
  type BodyLimit,
  type BodyReading,
} from "../../core/request/read-body.js";
import type { RequestState } from "../../core/request/state.js";
import { requireOperations } from "./request-body.js";

type Dependencies = {
  readonly limit: BodyLimit;
  readonly mostOperations: number;
  readonly memory: ContentMemory;
  readonly rate: BodyRate;
};

/** One operation, or those of a batch, as they stand in a body. */
type Operations = object | readonly unknown[];

export type OperationBodies = ReturnType<typeof createOperationBodies>;

/** Reads the bodies of GraphQL requests, when their callers are known. */
export function createOperationBodies({ limit, mostOperations, memory, rate }: Dependencies) {
  const all = withinMemory(limit, memory);
  const limits = { all, withoutWriting: withoutWriting(all), withoutKey: withoutKey(all) };

  function limitOf({ principal }: RequestState): BodyLimit {
    if (principal === null) return limits.withoutKey;
    return principal.scopes.has("sessions:write") ? limits.all : limits.withoutWriting;
  }

  function toOperations(body: JsonBody, state: RequestState): Operations {
    state.isUpload = body.bytes() > SMALL_BYTES;
    return requireOperations(body.parse(), mostOperations);
  }

  return {
    /** The memory that the body of a request takes. The caller gives it back. */
    lease: (state: RequestState): ContentLease => memory.lease(ownerOf(state)),

    async readNode(request: Readable, contentLength: string | undefined, { state, lease }: Arrival): Promise<Operations> {
      const body = createJsonBody();
      const reading: BodyReading = { limit: limitOf(state), lease, rate };
      await readNodeBody(request, contentLength, { reading, sink: body.add });
      return toOperations(body, state);
    },

    async readWeb(request: Request, { state, lease }: Arrival): Promise<Operations> {
      const body = createJsonBody();
      await readWebBody(request, { limit: limitOf(state), lease, rate }, body.add);
      return toOperations(body, state);
    },
  };
}

type Arrival = { readonly state: RequestState; readonly lease: ContentLease };
