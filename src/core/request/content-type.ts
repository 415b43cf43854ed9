import { AppError } from "../errors/app-error.js";

/** @throws VALIDATION_ERROR / INVALID_FORMAT if the type is missing, and with status 415 if it is not JSON in UTF-8 */
export function requireJson(contentType = ""): void {
  if (contentType === "application/json") return;
  if (contentType === "") throw new AppError("INVALID_FORMAT", { message: "The Content-Type header is missing; send application/json" });
  const [type = "", ...parameters] = contentType
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  const isUtf8 = charset === undefined || charset === "utf-8" || charset === "utf8";
  if (type !== "application/json" || !isUtf8) throw unsupported("The Content-Type must be application/json in UTF-8");
}

/** Makes the error for a body whose type or encoding cannot be read (RFC 9110, section 15.5.16). */
export function unsupported(message: string, headers: Readonly<Record<string, string>> = {}): AppError {
  return new AppError("INVALID_FORMAT", { message, httpStatus: 415, headers });
}
