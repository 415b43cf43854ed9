import { statfsSync, type StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";

/** The room of a file system, in bytes. What is free is what a user without privileges may still write. */
export type DiskSpace = { readonly freeBytes: number; readonly totalBytes: number };

/** Reads the room of the file system that holds a folder. Injected where tests need a full disk. */
export type ReadDiskSpace = (folder: string) => Promise<DiskSpace>;

/**
 * Asks the operating system. A file system that does not tell its size (some in the cloud say 0) counts as one without an end:
 * both numbers are Infinity.
 * @throws the system's error, for example ENOENT where there is no such folder
 */
export const readDiskSpace: ReadDiskSpace = async (folder) => toDiskSpace(await statfs(folder));

function toDiskSpace({ bavail, blocks, bsize }: StatsFs): DiskSpace {
  if (blocks === 0) return { freeBytes: Number.POSITIVE_INFINITY, totalBytes: Number.POSITIVE_INFINITY };
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** Returns the bytes that are free on the file system that holds the folder. @throws as the reader does */
export async function freeBytes(folder: string, read: ReadDiskSpace = readDiskSpace): Promise<number> {
  return (await read(folder)).freeBytes;
}

/** The same for code that cannot wait. */
export const freeBytesSync = (folder: string): number => toDiskSpace(statfsSync(folder)).freeBytes;
