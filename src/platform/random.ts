import { randomBytes, randomUUID } from "node:crypto";

/** The source of ids and secrets, injected so that tests can foresee them. */
export type Random = {
  readonly uuid: () => string;
  /** Returns `length` bytes from a cryptographically secure source. */
  readonly bytes: (length: number) => Uint8Array;
};

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  bytes: (length) => randomBytes(length),
};

/**
 * Makes a random text over `alphabet`. Every character is equally likely, because bytes beyond the largest multiple of the
 * alphabet's length are thrown away.
 */
export function randomText(random: Random, alphabet: string, length: number): string {
  const fair = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of random.bytes(length)) {
      if (byte < fair && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
