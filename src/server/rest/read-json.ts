import { AppError } from "../../core/errors/app-error.js";
import { requireJson, unsupported } from "../../core/request/content-type.js";
import type { BodyRate } from "../../core/request/body-rate.js";
import { createJsonBody, type JsonBody } from "../../core/request/json-body.js";
import type { ContentLease } from "../../core/load/content-memory.js";
import { readWebBody, type BodyLimit } from "../../core/request/read-body.js";
import { createUnzipper } from "./unzip.js";

export type UploadLimits = {
  /** The limit of the body as it is sent. */
  readonly sent: BodyLimit;
  /** The limit of the body once it is unzipped. */
  readonly unzipped: BodyLimit;
};

type Reading = { readonly limits: UploadLimits; readonly lease: ContentLease; readonly rate: BodyRate };

/**
 * Reads the JSON body of a request, zipped or not.
 * @throws VALIDATION_ERROR: status 413 over a limit, 415 for another type or encoding, INVALID_FORMAT for invalid JSON
 */
export async function readJson(request: Request, reading: Reading): Promise<JsonBody> {
  requireJson(request.headers.get("content-type") ?? "");
  const body = createJsonBody();
  const { limits, lease, rate } = reading;
  const encoding = request.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") await readWebBody(request, { limit: limits.sent, lease, rate }, body.add);
  else if (encoding === "gzip" || encoding === "x-gzip") await readZipped(request, reading, body);
  else throw unsupported("The Content-Encoding must be gzip or identity", { "Accept-Encoding": "gzip, identity" });
  if (body.isBlank()) throw new AppError("INVALID_FORMAT", { message: "The body is empty; send a JSON object" });
  return body;
}

/** Unzips the body while it arrives, so that the zipped bytes are never kept. */
async function readZipped(request: Request, { limits, lease, rate }: Reading, body: JsonBody): Promise<void> {
  const unzipper = createUnzipper({ limit: limits.unzipped, lease, sink: body.add });
  try {
    await readWebBody(request, { limit: limits.sent, lease: null, rate }, unzipper.add);
    await unzipper.end();
  } finally {
    unzipper.close();
  }
}
