import { catalogue, type ErrorReason } from "./catalogue.js";
import { shorten } from "./shorten.js";

/** Facts that the client gets beside the code, at the same level: ids, limits, `requiredScope`, `fields`. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

type AppErrorOptions = {
  readonly message?: string;
  readonly details?: ErrorDetails;
  /** Overrides the catalogue's status where one reason has two (400 and 422, 404 and 405). */
  readonly httpStatus?: number;
  /** Headers of the answer if the request as a whole is rejected with this error. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The error behind this one: for the log, never for the client. */
  readonly cause?: unknown;
};

/** The only error that services and handlers throw on purpose. Every other error is a bug and is masked. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly reason: ErrorReason;
  readonly details: ErrorDetails;
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(reason: ErrorReason, options: AppErrorOptions = {}) {
    super(shorten(options.message ?? catalogue[reason].message), { cause: options.cause });
    this.reason = reason;
    this.details = shortened(options.details ?? {});
    this.httpStatus = options.httpStatus ?? catalogue[reason].httpStatus;
    this.headers = options.headers ?? {};
  }
}

/** Shortens the texts among the details: ids come from clients and have any length. */
function shortened(details: ErrorDetails): ErrorDetails {
  return Object.fromEntries(Object.entries(details).map(([name, value]) => [name, typeof value === "string" ? shorten(value) : value]));
}
