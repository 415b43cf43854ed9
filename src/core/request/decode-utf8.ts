import { AppError } from "../errors/app-error.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

type Options = { readonly decoder?: TextDecoder; /** Whether more bytes follow. */ readonly stream?: boolean };

/** @throws VALIDATION_ERROR / INVALID_FORMAT if the bytes are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, { decoder = utf8, stream = false }: Options = {}): string {
  try {
    return decoder.decode(bytes, { stream });
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid UTF-8", cause: error });
  }
}
