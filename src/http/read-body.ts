import { AppError } from "../errors/app-error.js";

/**
 * The body of a request as UTF-8 text, read no further than the limit.
 * @throws VALIDATION_ERROR: status 413 over the limit, INVALID_FORMAT where the bytes are no UTF-8 or were cut off
 */
export async function readText(request: Request, mostBytes: number): Promise<string> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > mostBytes) throw tooLarge(mostBytes);
  const bytes = await readBytes(request, mostBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid UTF-8", cause: error });
  }
}

async function readBytes(request: Request, mostBytes: number): Promise<Uint8Array> {
  try {
    return await readWithin(request, mostBytes);
  } catch (error) {
    throw error instanceof AppError ? error : new AppError("INVALID_FORMAT", { message: "The body was cut off", cause: error });
  }
}

async function readWithin(request: Request, mostBytes: number): Promise<Uint8Array> {
  if (request.headers.has("content-length") && !request.headers.has("transfer-encoding")) {
    // The HTTP parser reads exactly as many bytes as were declared, so the check above has bounded them.
    return new Uint8Array(await request.arrayBuffer());
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength;
    if (length > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(mostBytes: number): AppError {
  const message = `The body is larger than ${mostBytes} bytes`;
  return new AppError("INVALID_PARAMETER", { message, httpStatus: 413, details: { limit: mostBytes, exceeded: "MAX_BODY_BYTES" } });
}
