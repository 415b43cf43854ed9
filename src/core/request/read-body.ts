import type { Readable } from "node:stream";
import { AppError } from "../errors/app-error.js";
import { MEMORY_SETTING, type ContentLease, type ContentMemory } from "../load/content-memory.js";
import type { BodyRate, WatchedBody } from "./body-rate.js";

/** The most bytes of a body. What lifts the limit is a setting, or the thing that the caller lacks. */
export type BodyLimit =
  { readonly bytes: number; readonly setting: string } | { readonly bytes: number; readonly setting: null; readonly lift: string };

/** Callers without a key ask for the schema, for the catalogue, or for a token in exchange for a code: some kilobytes. */
const MOST_WITHOUT_KEY = 100_000;

/** Callers that store no sessions send documents, and values to filter by. */
const MOST_WITHOUT_WRITING = 2_000_000;

/** Lowers a limit for callers without a key, who can ask for little and should not make the server read much. */
export function withoutKey(limit: BodyLimit): BodyLimit {
  return atMost(limit, { bytes: MOST_WITHOUT_KEY, setting: null, lift: "more needs an API key" });
}

/** Lowers a limit for keys without the scope sessions:write. */
export function withoutWriting(limit: BodyLimit): BodyLimit {
  return atMost(limit, { bytes: MOST_WITHOUT_WRITING, setting: null, lift: "more needs the scope sessions:write" });
}

/** Lowers a limit for addresses that take names and search texts, and store no sessions. */
export function withoutSessions(limit: BodyLimit): BodyLimit {
  return atMost(limit, { bytes: MOST_WITHOUT_WRITING, setting: null, lift: "this address stores no sessions" });
}

/** Lowers a limit to what the memory can hold of one caller: a larger body would be rejected with "try again" for ever. */
export function withinMemory(limit: BodyLimit, { mostOfOne }: Pick<ContentMemory, "mostOfOne">): BodyLimit {
  return atMost(limit, { bytes: mostOfOne, setting: MEMORY_SETTING });
}

function atMost(limit: BodyLimit, lower: BodyLimit): BodyLimit {
  return limit.bytes <= lower.bytes ? limit : lower;
}

/** The options of reading a body: its limit, the memory that it takes, and who watches how fast it arrives. */
export type BodyReading = {
  readonly limit: BodyLimit;
  /** Null where the bytes are not kept. */
  readonly lease: ContentLease | null;
  readonly rate: BodyRate;
};

/** Takes the pieces of a body, in their order, perhaps not at once. It throws for a body that cannot be read. */
export type BodySink = (chunk: Uint8Array) => void | Promise<void>;

/**
 * Reads the body of a web request, up to the limit.
 * @throws VALIDATION_ERROR: status 413 over the limit, 408 if it is too slow, INVALID_FORMAT if it was cut off; and the errors
 * of the lease and the sink
 */
export async function readWebBody(request: Request, reading: BodyReading, sink: BodySink): Promise<void> {
  requireLength(request.headers.get("content-length"), reading.limit);
  if (request.body === null) return;
  const add = createCounter(reading, sink);
  const reader = (request.body as ReadableStream<Uint8Array>).getReader(); // a request's body has no other chunks
  const { promise: tooSlow, watched } = watchRate(reading.rate);
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), tooSlow]);
      if (done) return;
      watched.add(value.byteLength);
      const taking = add(value);
      if (taking !== undefined) await taking;
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined); // it has failed, or its client is gone
    throw error instanceof AppError ? error : cutOff(error);
  } finally {
    watched.end();
  }
}

function watchRate(rate: BodyRate) {
  let onSlow: (error: AppError) => void = () => undefined;
  const promise = new Promise<never>((_, reject) => (onSlow = reject));
  promise.catch(() => undefined); // nobody may be waiting for the next piece
  return { promise, watched: rate.watch(onSlow) };
}

/** A request of Node's HTTP server, which tells whether it has arrived as a whole, read or not. */
export type NodeBody = Readable & { readonly complete?: boolean };

const UNWATCHED: WatchedBody = { add: () => undefined, end: () => undefined };

/**
 * Reads the body of a request of Node's HTTP server. It listens to events, since a stream's iterator takes several turns of
 * the event loop.
 */
export function readNodeBody(
  request: NodeBody,
  contentLength: string | undefined,
  { reading, sink }: { readonly reading: BodyReading; readonly sink: (chunk: Uint8Array) => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    requireLength(contentLength, reading.limit);
    const add = createCounter(reading, sink);
    let isSettled = false; // cheaper than removing the listeners
    const settle = () => {
      isSettled = true;
      watched.end();
    };
    const onEnd = () => {
      settle();
      resolve();
    };
    const onError = (error?: unknown) => {
      if (isSettled) return;
      settle();
      request.pause(); // the listener decides what becomes of the rest
      reject(error instanceof AppError ? error : cutOff(error));
    };
    const onClose = () => onError();
    const onData = (chunk: Uint8Array) => {
      if (isSettled) return;
      try {
        watched.add(chunk.byteLength);
        add(chunk);
      } catch (error) {
        onError(error);
      }
    };
    const watched = request.complete === true ? UNWATCHED : reading.rate.watch(onError);
    if (request.destroyed) return onError(); // its client went away while the key was looked up; no event follows
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

/** @throws VALIDATION_ERROR with status 413 */
function requireLength(contentLength: string | null | undefined, limit: BodyLimit): void {
  if (Number(contentLength ?? 0) > limit.bytes) throw tooLarge(limit);
}

/** Counts what arrives before it is taken. @throws VALIDATION_ERROR with status 413 as soon as the body is over the limit */
function createCounter<Taken>({ limit, lease }: BodyReading, sink: (chunk: Uint8Array) => Taken): (chunk: Uint8Array) => Taken {
  let length = 0;
  return (chunk) => {
    length += chunk.byteLength;
    if (length > limit.bytes) throw tooLarge(limit);
    lease?.add(chunk.byteLength);
    return sink(chunk);
  };
}

function cutOff(cause: unknown): AppError {
  return new AppError("INVALID_FORMAT", { message: "The body was cut off", cause });
}

export function tooLarge(limit: BodyLimit): AppError {
  const { bytes, setting } = limit;
  const message = `The body is larger than ${bytes} bytes (${limit.setting ?? limit.lift})`;
  const details = { limit: bytes, ...(setting === null ? {} : { exceeded: setting }) };
  return new AppError("INVALID_PARAMETER", { message, httpStatus: 413, details });
}
