import { once } from "node:events";
import { pipeline } from "node:stream";
import { createGzip } from "node:zlib";
import { pack as createPack, type Pack } from "tar-stream";
import type { ExportFile } from "./files.js";

/** The bytes of a piece of the archive. */
const CHUNK_BYTES = 65_536;

/** Only their owner reads the unpacked files. */
const MODE = 0o600;

/**
 * Packs files into a gzip-compressed tar archive, piece by piece. A file is read when the pieces before it were taken, so that
 * memory holds little of them. If a file fails, so does the archive, which then has no end; if the first one fails, nothing
 * of the archive comes before.
 */
export async function* toTarGzip(files: AsyncGenerator<ExportFile>): AsyncGenerator<Uint8Array> {
  const first = await files.next();
  const pack = createPack();
  const gzip = createGzip({ chunkSize: CHUNK_BYTES });
  pipeline(pack, gzip, () => undefined); // the loop below hears of a failure
  const packing = packAll(pack, first, files);
  packing.catch((error: unknown) => pack.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    yield* gzip as AsyncIterable<Uint8Array>;
  } catch {
    // What was packed failed before, and says why.
  } finally {
    pack.destroy();
    gzip.destroy();
  }
  await packing;
}

async function packAll(pack: Pack, first: IteratorResult<ExportFile, unknown>, files: AsyncIterable<ExportFile>): Promise<void> {
  if (first.done !== true) await add(pack, first.value);
  for await (const file of files) await add(pack, file);
  pack.finalize();
}

function add(pack: Pack, { path, bytes, modifiedAt, content }: ExportFile): Promise<void> {
  return new Promise((resolve, reject) => {
    const header = { name: path, size: bytes, mtime: modifiedAt, mode: MODE };
    const sink = pack.entry(header, (error) => (error == null ? resolve() : reject(error)));
    fill(sink, content).catch((error: unknown) => {
      reject(error instanceof Error ? error : new Error(String(error)));
      sink.destroy(null);
    });
  });
}

async function fill(sink: ReturnType<Pack["entry"]>, content: ExportFile["content"]): Promise<void> {
  const closed = new Promise<void>((resolve) => sink.once("close", resolve));
  for await (const piece of content) {
    if (piece === "" || sink.write(Buffer.from(piece))) continue;
    await Promise.race([once(sink, "drain"), closed]);
    if (sink.destroyed) throw new Error("The archive was closed");
  }
  sink.end(null);
}
