import { createHash } from "node:crypto";
import { forEachPiece } from "../../platform/each-piece.js";
import { LongText } from "../../platform/long-text.js";
import { findKeywords, READ_CHARACTERS } from "../transcripts/keywords.js";
import { createTurnReader } from "../transcripts/turns.js";
import { toStoredText } from "./content/stored-text.js";
import type { SaveSession } from "./input.js";
import { mapMetadata } from "./metadata.js";

export type StoredVersion = Awaited<ReturnType<typeof toStoredVersion>>;

const NOTHING = LongText.ofPieces([]);

/** All that is stored of a session, from what the client gave. */
export async function toStoredVersion(input: SaveSession) {
  const { name, markdown, metadata } = input;
  const rawData = input.rawData ?? NOTHING;
  const sessionData = input.sessionData == null || input.sessionData.length === 0 ? null : input.sessionData;
  const facts = {
    name,
    ...(await toSpan(input)),
    ...mapMetadata<string | null, string[]>(
      (_field, name) => metadata?.[name] ?? null,
      (_field, name) => [...new Set(metadata?.[name])],
    ),
  };
  const version = (await hash(LongText.from(JSON.stringify(facts)), markdown, rawData)).slice(0, 24);
  const markdownSize = await sizeOf(markdown);
  return {
    ...facts,
    etag: sessionData === null ? version : `${version}-${(await hash(sessionData)).slice(0, 16)}`,
    markdown: toStoredText(markdown),
    rawData: toStoredText(rawData),
    sessionData: sessionData === null ? null : toStoredText(sessionData),
    markdownSize,
    markdownJsonSize: markdownSize + (await countJsonEscapes(markdown)) + 2,
    rawDataSize: await sizeOf(rawData),
    sessionDataSize: sessionData === null ? 0 : await sizeOf(sessionData),
    keywords: findKeywords(name, markdown.start(READ_CHARACTERS)),
  };
}

/** When the conversation began and ended: as given, else as its turns tell, unless that contradicts what was given. */
async function toSpan(input: SaveSession): Promise<{ startedAt: Date | null; endedAt: Date | null }> {
  const given = { startedAt: input.startedAt ?? null, endedAt: input.endedAt ?? null };
  if (given.startedAt !== null && given.endedAt !== null) return given;
  const reader = createTurnReader();
  await forEachPiece(input.markdown, reader.read);
  const turns = reader.finish();
  const span = { startedAt: given.startedAt ?? turns.startedAt, endedAt: given.endedAt ?? turns.endedAt };
  return span.startedAt !== null && span.endedAt !== null && span.startedAt > span.endedAt ? given : span;
}

async function hash(...texts: readonly LongText[]): Promise<string> {
  const digest = createHash("sha256");
  for (const text of texts) {
    digest.update(`${text.length}:`);
    await forEachPiece(text, (piece) => digest.update(piece));
  }
  return digest.digest("hex");
}

/** What JSON adds to an ASCII character: a backslash, or the five of `\u001b`. */
const JSON_ESCAPES = Uint8Array.from({ length: 0x80 }, (_, code) => JSON.stringify(String.fromCharCode(code)).length - 3);

/** Counts the bytes of a text in UTF-8. */
async function sizeOf(text: LongText): Promise<number> {
  let size = 0;
  await forEachPiece(text, (piece) => (size += Buffer.byteLength(piece)));
  return size;
}

/** Counts what JSON adds to a well-formed text, without its quotes. To write the JSON only to measure it takes eight times as long. */
async function countJsonEscapes(text: LongText): Promise<number> {
  let count = 0;
  await forEachPiece(text, (piece) => {
    for (let index = 0; index < piece.length; index += 1) {
      const code = piece.charCodeAt(index);
      if (code < JSON_ESCAPES.length) count += JSON_ESCAPES[code] ?? 0;
    }
  });
  return count;
}
