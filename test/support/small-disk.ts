import { execFile } from "node:child_process";
import { mkdtemp, open, rm, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "@jest/globals";
import { codeOf } from "../../src/platform/error-code.js";

const run = promisify(execFile);

/** For tests on a small disk: only root on Linux may mount one. */
export const onSmallDisk = process.platform === "linux" && process.getuid?.() === 0 ? test : test.skip;

/** A disk in memory of its own, of so many megabytes. */
export async function mountSmallDisk(megabytes: number) {
  const folder = await mkdtemp(join(tmpdir(), "backstory-disk-"));
  await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  const filling = join(folder, "filling");

  return {
    folder,

    /** Writes the disk full to the last byte. */
    async fill(): Promise<void> {
      const file = await open(filling, "a");
      try {
        for (let size = 1_048_576; size >= 1; size = Math.floor(size / 2)) {
          const bytes = Buffer.alloc(size, 1);
          while ((await file.write(bytes).catch(whenFull)).bytesWritten === size);
        }
      } finally {
        await file.close();
      }
    },

    /** Makes room again. */
    free: (): Promise<void> => rm(filling),

    async unmount(): Promise<void> {
      await run("umount", ["--lazy", folder]);
      await rmdir(folder);
    },
  };
}

function whenFull(error: unknown): { readonly bytesWritten: number } {
  if (codeOf(error) === "ENOSPC") return { bytesWritten: 0 };
  throw error;
}
