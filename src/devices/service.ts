import { hashSecret } from "../auth/api-key-text.js";
import type { Principal } from "../auth/principal.js";
import type { Scope } from "../auth/scopes.js";
import type { PrismaClient } from "../db/generated/prisma/client.js";
import type { Clock } from "../platform/clock.js";
import { randomText, type Random } from "../platform/random.js";

export type DeviceCode = { readonly code: string; readonly expiresAt: Date };

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock; readonly random: Random };

const LIFETIME_MS = 10 * 60_000;

/** Without the letters and digits that are mistaken for one another on a screen. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** Codes that a command-line client exchanges for tokens: six characters, ten minutes, once. */
export function createDeviceService({ prisma, clock, random }: Dependencies) {
  async function createFor(userId: string, scopes: Iterable<Scope>): Promise<DeviceCode> {
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + LIFETIME_MS);
    const code = { userId, scopes: [...scopes].filter((scope) => scope !== "admin"), createdAt, expiresAt };
    await prisma.deviceCode.deleteMany({ where: { expiresAt: { lte: createdAt } } });
    // Six characters are few: one that is in use already is not given twice.
    for (;;) {
      const text = randomText(random, ALPHABET, 6);
      const { count } = await prisma.deviceCode.createMany({ data: [{ ...code, hash: hashSecret(text) }], skipDuplicates: true });
      if (count === 1) return { code: text, expiresAt };
    }
  }

  return {
    createFor,
    /** A code whose tokens will have the scopes of the key that made it, less `admin`. */
    createAs: (principal: Principal): Promise<DeviceCode> => createFor(principal.userId, principal.scopes),
  };
}
