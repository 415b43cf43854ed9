import { createGunzip, type Gunzip } from "node:zlib";
import { Readable } from "node:stream";
import { AppError } from "../../core/errors/app-error.js";
import { requireJson, unsupported } from "../../core/request/content-type.js";
import type { BodyLease } from "../../core/load/body-memory.js";
import { parseJson } from "../../core/request/parse-json.js";
import { decodeUtf8, readWebBody, tooLarge, type BodyLimit } from "../../core/request/read-body.js";

export type UploadLimits = {
  /** The limit of the body as it is sent. */
  readonly sent: BodyLimit;
  /** The limit of the body once it is unzipped. */
  readonly unzipped: BodyLimit;
};

/**
 * Reads the JSON body of a request, zipped or not. Unzipping stops at the limit, so that a zip bomb costs no more than an
 * honest body.
 * @throws VALIDATION_ERROR: status 413 over a limit, 415 for another type or encoding, INVALID_FORMAT for invalid JSON
 */
export async function readJson(request: Request, limits: UploadLimits, lease: BodyLease): Promise<unknown> {
  requireJson(request.headers.get("content-type") ?? "");
  const text = decodeUtf8(await readBody(request, limits, lease));
  if (text.trim() === "") throw new AppError("INVALID_FORMAT", { message: "The body is empty; send a JSON object" });
  return parseJson(text);
}

async function readBody(request: Request, { sent, unzipped }: UploadLimits, lease: BodyLease): Promise<Uint8Array> {
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return readWebBody(request, { limit: sent, lease });
  if (encoding === "gzip" || encoding === "x-gzip") return unzip(await readWebBody(request, { limit: sent, lease }), unzipped, lease);
  throw unsupported("The Content-Encoding must be gzip or identity", { "Accept-Encoding": "gzip, identity" });
}

async function unzip(zipped: Uint8Array, limit: BodyLimit, lease: BodyLease): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const gunzip: Gunzip = Readable.from([zipped]).pipe(createGunzip());
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > limit.bytes) throw tooLarge(limit);
      lease.add(chunk.byteLength);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid gzip, or was cut off", cause });
  }
  return Buffer.concat(chunks);
}
