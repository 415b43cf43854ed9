export type Chance = (...parts: readonly unknown[]) => number;

/** A number from 0 to 1 that depends on the parts alone (FNV-1a, mixed once more). */
export function chanceOf(seed: number): Chance {
  return (...parts) => {
    let hash = 2_166_136_261 ^ seed;
    for (const character of parts.join("|")) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
    hash = Math.imul(hash ^ (hash >>> 15), 2_246_822_519);
    return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
  };
}
