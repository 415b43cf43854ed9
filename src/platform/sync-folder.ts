import { open } from "node:fs/promises";

/** Waits until the names in a folder are on the disk, where the system knows that for folders. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
