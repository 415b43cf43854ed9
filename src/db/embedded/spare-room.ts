import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { freeBytes } from "../../platform/disk-space.js";
import { LOG_RESERVE_BYTES, RESERVE_BYTES } from "./disk-reserve.js";

/** The name in the folder of the database. PostgreSQL ignores it. */
const SPARE = "backstory.spare";

/** PostgreSQL makes some small files at its start. */
const SPARE_BYTES = 1_000_000;

/**
 * Keeps a file that only takes room. On a full disk it is deleted before PostgreSQL starts, which can then write the small
 * files without which it does not start.
 */
export async function freeSpareRoom(folder: string): Promise<void> {
  const path = join(folder, SPARE);
  if ((await sizeOf(path)) > 0 && (await freeBytes(folder)) < SPARE_BYTES) await rm(path, { force: true });
}

/** Takes the room again, where there is enough. */
export async function takeSpareRoom(folder: string): Promise<void> {
  const path = join(folder, SPARE);
  if ((await sizeOf(path)) >= SPARE_BYTES || (await freeBytes(folder)) < RESERVE_BYTES) return;
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(Buffer.alloc(SPARE_BYTES, 1)); // zeros might take no room
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  const stats = await stat(path).catch(() => null); // where there is none, or it cannot be read, there is no spare room
  return stats?.size ?? 0;
}

export const toMegabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(0);

/** Says what a full disk means, or returns null if there is room. */
export async function describeFullDisk(folder: string): Promise<string | null> {
  const free = await freeBytes(folder);
  if (free >= RESERVE_BYTES) return null;
  const held = free < LOG_RESERVE_BYTES ? "writes are answered 503" : "what needs more room is answered 503";
  return `The disk of ${folder} is full (${toMegabytes(free)} MB free): until ${toMegabytes(RESERVE_BYTES)} MB are free, ${held}. Reads go on.`;
}
