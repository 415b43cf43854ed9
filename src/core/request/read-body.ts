import type { Readable } from "node:stream";
import { AppError } from "../errors/app-error.js";
import type { BodyLease } from "../load/body-memory.js";

/** The most bytes of a body, and the setting that limits them; null if it is the limit of callers without a key. */
export type BodyLimit = { readonly bytes: number; readonly setting: string | null };

/** Callers without a key ask for the schema, for the catalogue, or for a token in exchange for a code: some kilobytes. */
const MOST_WITHOUT_KEY = 100_000;

/** Lowers a limit for callers without a key, who can ask for little and should not make the server read much. */
export function withoutKey(limit: BodyLimit): BodyLimit {
  return limit.bytes <= MOST_WITHOUT_KEY ? limit : { bytes: MOST_WITHOUT_KEY, setting: null };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws VALIDATION_ERROR / INVALID_FORMAT if the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid UTF-8", cause: error });
  }
}

/** The options of reading a body: its limit, and the memory that it takes. */
export type BodyReading = { readonly limit: BodyLimit; readonly lease: BodyLease };

/**
 * Reads the body of a web request, up to the limit.
 * @throws VALIDATION_ERROR: status 413 over the limit, INVALID_FORMAT if it was cut off; and the errors of the lease
 */
export async function readWebBody(request: Request, reading: BodyReading): Promise<Uint8Array> {
  const body = createBodyCollector(request.headers.get("content-length"), reading);
  try {
    for await (const chunk of request.body ?? []) body.add(chunk);
  } catch (error) {
    throw error instanceof AppError ? error : cutOff(error);
  }
  return body.whole();
}

/**
 * Reads the body of a request of Node's HTTP server. It listens to events, since a stream's iterator takes several turns of
 * the event loop.
 */
export function readNodeBody(request: Readable, contentLength: string | undefined, reading: BodyReading): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const body = createBodyCollector(contentLength, reading);
    let isSettled = false; // cheaper than removing the listeners
    const onEnd = () => {
      isSettled = true;
      resolve(body.whole());
    };
    const onError = (error?: unknown) => {
      if (isSettled) return;
      isSettled = true;
      request.pause(); // the listener decides what becomes of the rest
      reject(error instanceof AppError ? error : cutOff(error));
    };
    const onClose = () => onError();
    const onData = (chunk: Uint8Array) => {
      if (isSettled) return;
      try {
        body.add(chunk);
      } catch (error) {
        onError(error);
      }
    };
    if (request.destroyed) return onError(); // its client went away while the key was looked up; no event follows
    request.on("data", onData).on("end", onEnd).on("error", onError).on("close", onClose);
  });
}

/** @throws VALIDATION_ERROR with status 413 as soon as the body is known to be over the limit */
function createBodyCollector(contentLength: string | null | undefined, { limit, lease }: BodyReading) {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (Number(contentLength ?? 0) > limit.bytes) throw tooLarge(limit);
  return {
    add(chunk: Uint8Array): void {
      length += chunk.byteLength;
      if (length > limit.bytes) throw tooLarge(limit);
      lease.add(chunk.byteLength);
      chunks.push(chunk);
    },
    whole: (): Uint8Array => (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
  };
}

function cutOff(cause: unknown): AppError {
  return new AppError("INVALID_FORMAT", { message: "The body was cut off", cause });
}

export function tooLarge({ bytes, setting }: BodyLimit): AppError {
  const message = `The body is larger than ${bytes} bytes (${setting ?? "more needs an API key"})`;
  const details = { limit: bytes, ...(setting === null ? {} : { exceeded: setting }) };
  return new AppError("INVALID_PARAMETER", { message, httpStatus: 413, details });
}
