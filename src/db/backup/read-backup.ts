import { createHash, type Hash } from "node:crypto";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { codeOf } from "../../platform/error-code.js";
import { BackupError, controlLine, FORMAT, headerLine, MOST_LINE_BYTES, VERSION, type ControlLine, type Header } from "./format.js";

/** A line of a backup: a row as JSON, or what stands between the rows. */
export type Line = Buffer | ControlLine;

export type OpenBackup = {
  readonly header: Header;
  /** The lines after the header, in their order. They end without an error only if the backup is whole. */
  readonly lines: AsyncGenerator<Line>;
};

const NEWLINE = 0x0a;
const BRACE = 0x7b;

const damaged = (what: string): BackupError =>
  new BackupError(`The backup is damaged or not whole (${what}): nothing of it can be restored.`);
const noBackup = (): BackupError => new BackupError("This is no backup of Backstory.");

/**
 * Reads a backup from the bytes of its file.
 * @throws BackupError if it is none, or of a newer version; the lines throw it if it is damaged or not whole
 */
export async function openBackup(source: AsyncIterable<Uint8Array>): Promise<OpenBackup> {
  const hash = createHash("sha256");
  const lines = splitLines(unzip(source));
  const first = await lines.next().catch((error: unknown) => {
    throw error instanceof BackupError ? noBackup() : error;
  });
  if (first.done === true) throw noBackup();
  const header = parseHeader(first.value);
  hash.update(first.value).update("\n");
  return { header, lines: readLines(lines, hash) };
}

function parseHeader(line: Buffer): Header {
  const json = parseJson(line);
  if (typeof json !== "object" || json === null || !("format" in json) || json.format !== FORMAT) throw noBackup();
  const { data: header } = headerLine.safeParse(json);
  const version = "version" in json ? json.version : undefined;
  if (typeof version === "number" && version > VERSION)
    throw new BackupError(
      `The backup has the format ${version}, and this version of Backstory reads up to ${VERSION}: use a newer version.`,
    );
  if (header === undefined) throw damaged("its first line");
  return header;
}

async function* readLines(lines: AsyncGenerator<Buffer>, hash: Hash): AsyncGenerator<Line> {
  let rows = 0;
  for await (const line of lines) {
    if (line[0] === BRACE) {
      rows += 1;
      hash.update(line).update("\n");
      yield line;
      continue;
    }
    const { data: control } = controlLine.safeParse(parseJson(line));
    if (control === undefined) throw damaged("a line that has no meaning");
    if (control[0] === "end") return await requireEnd(control[1], { rows, sha256: hash.digest("hex") }, lines);
    hash.update(line).update("\n");
    yield control;
  }
  throw damaged("its end is missing");
}

type End = { readonly rows: number; readonly sha256: string };

async function requireEnd(said: End, found: End, lines: AsyncGenerator<Buffer>): Promise<void> {
  if (said.rows !== found.rows || said.sha256 !== found.sha256) throw damaged("its content is not what was written");
  if ((await lines.next()).done !== true) throw damaged("something follows its end");
}

function parseJson(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return undefined;
  }
}

/** @throws BackupError where the bytes are no gzip, or not all of one */
async function* unzip(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 262_144 });
  const input = Readable.from(source, { objectMode: false });
  input.once("error", (error) => gunzip.destroy(error));
  try {
    for await (const bytes of input.pipe(gunzip) as AsyncIterable<Buffer>) yield bytes;
  } catch (error) {
    const code = codeOf(error);
    throw typeof code === "string" && code.startsWith("Z_") ? damaged("it cannot be unpacked") : error;
  } finally {
    input.destroy();
  }
}

/** Cuts bytes into lines. What follows the last newline must be nothing. */
async function* splitLines(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  for await (const bytes of source) {
    let from = 0;
    for (let to = bytes.indexOf(NEWLINE); to !== -1; to = bytes.indexOf(NEWLINE, from)) {
      const rest = bytes.subarray(from, to);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      begunBytes = 0;
      from = to + 1;
    }
    if (from === bytes.length) continue;
    begun.push(bytes.subarray(from));
    begunBytes += bytes.length - from;
    if (begunBytes > MOST_LINE_BYTES) throw damaged("a line is too long");
  }
  if (begun.length > 0) throw damaged("its end is missing");
}
