import { once } from "node:events";
import { createGunzip } from "node:zlib";
import { AppError } from "../../core/errors/app-error.js";
import type { ContentLease } from "../../core/load/content-memory.js";
import { tooLarge, type BodyLimit } from "../../core/request/read-body.js";

type Options = {
  readonly limit: BodyLimit;
  readonly lease: ContentLease;
  readonly sink: (chunk: Uint8Array) => void;
};

const CHUNK_BYTES = 65_536;

/**
 * Unzips a body piece by piece, and stops at the limit, so that a zip bomb costs no more than an honest body.
 * @throws VALIDATION_ERROR: status 413 over the limit, INVALID_FORMAT if it is not gzip; and the errors of the lease and the sink
 */
export function createUnzipper({ limit, lease, sink }: Options) {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  let length = 0;

  function take(chunk: Uint8Array): void {
    length += chunk.byteLength;
    if (length > limit.bytes) throw tooLarge(limit);
    lease.add(chunk.byteLength);
    sink(chunk);
  }

  const done = new Promise<void>((resolve, reject) => {
    gunzip.on("end", resolve).on("error", (cause: unknown) => reject(toAppError(cause)));
    gunzip.on("data", (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        gunzip.destroy(error as Error); // every throw above is an error
      }
    });
  });
  done.catch(() => undefined); // it may fail while nobody waits for it

  return {
    /** Resolves when the next piece may come. */
    async add(chunk: Uint8Array): Promise<void> {
      if (gunzip.destroyed) return done;
      if (!gunzip.write(chunk)) await Promise.race([once(gunzip, "drain"), done]);
    },
    async end(): Promise<void> {
      gunzip.end();
      await done;
    },
    close: (): void => void gunzip.destroy(),
  };
}

function toAppError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError("INVALID_FORMAT", { message: "The body is not valid gzip, or was cut off", cause });
}
