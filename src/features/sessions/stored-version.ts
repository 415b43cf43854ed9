import { createHash } from "node:crypto";
import { encodeContent } from "./content-codec.js";
import type { SaveSession } from "./input.js";
import { mapMetadata } from "./metadata.js";
import { findKeywords } from "../transcripts/keywords.js";
import { readTurns } from "../transcripts/turns.js";

export type StoredVersion = ReturnType<typeof toStoredVersion>;

/** All that is stored of a session, from what the client gave. */
export function toStoredVersion(input: SaveSession) {
  const { name, markdown, metadata } = input;
  const rawData = input.rawData ?? "";
  const sessionData = input.sessionData === "" ? null : (input.sessionData ?? null);
  const facts = {
    name,
    ...toSpan(input),
    ...mapMetadata<string | null, string[]>(
      (_field, name) => metadata?.[name] ?? null,
      (_field, name) => [...new Set(metadata?.[name])],
    ),
  };
  const version = hash(JSON.stringify(facts), markdown, rawData).slice(0, 24);
  return {
    ...facts,
    etag: sessionData === null ? version : `${version}-${hash(sessionData).slice(0, 16)}`,
    markdown: encodeContent(markdown),
    rawData: encodeContent(rawData),
    sessionData: sessionData === null ? null : encodeContent(sessionData),
    markdownSize: Buffer.byteLength(markdown),
    markdownJsonSize: jsonSizeOf(markdown),
    rawDataSize: Buffer.byteLength(rawData),
    sessionDataSize: sessionData === null ? 0 : Buffer.byteLength(sessionData),
    keywords: findKeywords(name, markdown),
  };
}

/** When the conversation began and ended: as given, else as its turns tell, unless that contradicts what was given. */
function toSpan(input: SaveSession): { startedAt: Date | null; endedAt: Date | null } {
  const given = { startedAt: input.startedAt ?? null, endedAt: input.endedAt ?? null };
  if (given.startedAt !== null && given.endedAt !== null) return given;
  const turns = readTurns(input.markdown);
  const span = { startedAt: given.startedAt ?? turns.startedAt, endedAt: given.endedAt ?? turns.endedAt };
  return span.startedAt !== null && span.endedAt !== null && span.startedAt > span.endedAt ? given : span;
}

function hash(...texts: readonly string[]): string {
  const digest = createHash("sha256");
  for (const text of texts) digest.update(`${text.length}:`).update(text);
  return digest.digest("hex");
}

/** What JSON adds to an ASCII character: a backslash, or the five of `\u001b`. */
const JSON_ESCAPES = Uint8Array.from({ length: 0x80 }, (_, code) => JSON.stringify(String.fromCharCode(code)).length - 3);

/** The bytes of a well-formed text as a JSON string. To write the string only to measure it takes eight times as long. */
function jsonSizeOf(text: string): number {
  let size = Buffer.byteLength(text) + 2;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < JSON_ESCAPES.length) size += JSON_ESCAPES[code] ?? 0;
  }
  return size;
}
