import { AppError } from "../errors/app-error.js";
import type { Hold } from "../load/operations.js";

/** How many bytes a body may have, and the setting that says so; null where it is the bound of who has no key. */
export type BodyLimit = { readonly bytes: number; readonly setting: string | null };

/** Without a key one asks for the schema, for the catalogue, or for a token in exchange for a code: some kilobytes. */
const MOST_WITHOUT_KEY = 100_000;

/** The bound of a caller without a key, who can ask for little and should not make the server read much. */
export function withoutKey(limit: BodyLimit): BodyLimit {
  return limit.bytes <= MOST_WITHOUT_KEY ? limit : { bytes: MOST_WITHOUT_KEY, setting: null };
}

/** @throws VALIDATION_ERROR / INVALID_FORMAT where the bytes are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid UTF-8", cause: error });
  }
}

/**
 * The body of a request, read no further than the limit.
 * @throws VALIDATION_ERROR: status 413 over the limit, INVALID_FORMAT where it was cut off; and what `hold` throws
 */
export async function readBytes(request: Request, limit: BodyLimit, hold: Hold): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > limit.bytes) throw tooLarge(limit);
  try {
    return await readWithin(request, limit, hold);
  } catch (error) {
    throw error instanceof AppError ? error : new AppError("INVALID_FORMAT", { message: "The body was cut off", cause: error });
  }
}

async function readWithin(request: Request, limit: BodyLimit, hold: Hold): Promise<Uint8Array> {
  if (request.headers.has("content-length") && !request.headers.has("transfer-encoding")) {
    // The HTTP parser reads exactly as many bytes as were declared, so the check above has bounded them.
    hold(Number(request.headers.get("content-length")));
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > limit.bytes) throw tooLarge(limit);
    hold(chunk.byteLength);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function tooLarge({ bytes, setting }: BodyLimit): AppError {
  const message = `The body is larger than ${bytes} bytes (${setting ?? "more needs an API key"})`;
  const details = { limit: bytes, ...(setting === null ? {} : { exceeded: setting }) };
  return new AppError("INVALID_PARAMETER", { message, httpStatus: 413, details });
}
