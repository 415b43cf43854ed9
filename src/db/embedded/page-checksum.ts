/** The size of a page, in bytes. */
export const PAGE_BYTES = 8_192;

const SUMS = 32;
const PRIME = 16_777_619;

/** The checksums begin with these numbers (PostgreSQL's storage/checksum_impl.h). */
const BASE_OFFSETS = [
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c, 0xf8d4474f, 0xe39eb970, 0x42c6ae16,
  0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb, 0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2,
  0x304a0979, 0x85aa43d4, 0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
];

/** The place of the checksum in the page, in 32-bit words; it is the lower half of the word. */
const CHECKSUM_WORD = 2;

/** The lower half of this word is `pd_lower`, and the upper half is `pd_upper`, which is never 0 in a page that is used. */
const BOUNDS_WORD = 3;

/**
 * Tells whether a page is as PostgreSQL wrote it. A page that was added and never used is all zeros.
 * @param words the page
 * @param block the number of the page in its table or index
 */
export function isPageSound(words: Uint32Array, block: number): boolean {
  if ((words[BOUNDS_WORD] ?? 0) >>> 16 === 0) return words.every((word) => word === 0);
  const stored = (words[CHECKSUM_WORD] ?? 0) & 0xffff;
  return stored === checksumOf(words, block);
}

/** The checksum of a page, 1 to 65,535: FNV-1a over 32 interleaved columns, of which the stored checksum counts as 0. */
function checksumOf(words: Uint32Array, block: number): number {
  const sums = Int32Array.from(BASE_OFFSETS);
  for (let at = 0; at < words.length; at += SUMS) {
    for (let column = 0; column < SUMS; column += 1) {
      const index = at + column;
      const word = words[index] ?? 0;
      const mixed = (sums[column] ?? 0) ^ (index === CHECKSUM_WORD ? word & 0xffff0000 : word);
      sums[column] = Math.imul(mixed, PRIME) ^ (mixed >>> 17);
    }
  }
  let result = 0;
  for (let column = 0; column < SUMS; column += 1) {
    let sum = sums[column] ?? 0;
    for (let round = 0; round < 2; round += 1) sum = Math.imul(sum, PRIME) ^ (sum >>> 17);
    result ^= sum;
  }
  return (((result ^ block) >>> 0) % 65_535) + 1;
}
