import { AppError } from "./app-error.js";
import type { ErrorReason } from "./catalogue.js";
import { shorten } from "./shorten.js";

export type ValidationReason = Extract<ErrorReason, "MISSING_REQUIRED_FIELD" | "INVALID_FORMAT" | "INVALID_PARAMETER">;

/** One bad value of a request: where it stands (`["input", "name"]`), which kind of mistake, and what is expected. */
export type BadField = {
  readonly path: readonly (string | number)[];
  readonly reason: ValidationReason;
  readonly message: string;
};

/** The VALIDATION_ERROR that lists every bad value at once; the first one gives the reason and the message. */
export function badInput(fields: readonly [BadField, ...BadField[]], httpStatus?: number): AppError {
  const [first] = fields;
  const message = fields.length === 1 ? first.message : `${first.message} (and ${fields.length - 1} more)`;
  return new AppError(first.reason, { message, details: { fields: fields.map(shortened) }, httpStatus });
}

function shortened({ path, reason, message }: BadField): BadField {
  return { path: path.map((part) => (typeof part === "string" ? shorten(part) : part)), reason, message: shorten(message) };
}
