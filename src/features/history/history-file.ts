import { createHash } from "node:crypto";
import { AppError } from "../../core/errors/app-error.js";
import { encodeContent } from "../sessions/content-codec.js";
import { sessionIdText } from "../sessions/input.js";
import { parseTime } from "../transcripts/turns.js";

/**
 * SpecStory's header of a history file: `<!-- Claude Code Session 5d2079d7-... (2026-02-12 22:37:48Z) -->`.
 * The agent has the name that it gives itself, such as `cursor` or `Codex CLI`. The time may be missing.
 */
const HEADER = /^\uFEFF?<!--[ \t]+(\S.*?)[ \t]+Session[ \t]+(\S+)(?:[ \t]+\((.*?)\))?[ \t]+-->[ \t]*\r?$/m;

/** The header stands near the top, before the first turn; a line like it further down is a quotation in the conversation. */
const PREAMBLE_CHARACTERS = 8_000;
const FIRST_TURN = /^_\*\*(?:User|Agent)\b/m;

export type HistoryHeader = {
  readonly id: string;
  readonly agentName: string;
  readonly beganAt: Date | null;
};

/** Tells one version of a file from another without keeping its text. */
export type Fingerprint = { readonly bytes: number; readonly sha256: string };

/**
 * Decodes the text of a file without losing a byte: a byte order mark and the ends of lines stay.
 * @throws INVALID_FORMAT if the bytes are not UTF-8
 */
export function decodeHistory(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("INVALID_FORMAT", { message: "not UTF-8 text", cause });
  }
}

/** Returns the text above the first turn, in which the header stands. */
export function preambleOf(text: string): string {
  const top = text.slice(0, PREAMBLE_CHARACTERS);
  const end = top.search(FIRST_TURN);
  return end === -1 ? top : top.slice(0, end);
}

/** @throws INVALID_FORMAT if there is no header, or it has no id that a session can have */
export function readHistoryHeader(text: string): HistoryHeader {
  const [, agentName, id, time] = HEADER.exec(preambleOf(text)) ?? [];
  if (agentName === undefined || id === undefined) {
    throw new AppError("INVALID_FORMAT", {
      message: "no session header like <!-- Claude Code Session UUID (TIME) --> above the first turn",
    });
  }
  const parsed = sessionIdText.safeParse(id);
  if (!parsed.success) throw new AppError("INVALID_FORMAT", { message: `the session id ${id} in its header is not a UUID` });
  return { id: parsed.data, agentName, beganAt: parseTime(time) };
}

/** Computes the fingerprint of a text in its stored form, so that the database can compute it of its copy too. */
export function fingerprintOf(text: string): Fingerprint {
  return { bytes: Buffer.byteLength(text), sha256: createHash("sha256").update(encodeContent(text)).digest("hex") };
}

/** Derives the UUID (RFC 9562, version 5) of a further version of a session from the session's id and the name of its file. */
export function deriveSessionId(id: string, fileName: string): string {
  const namespace = Buffer.from(id.replaceAll("-", ""), "hex");
  const hash = createHash("sha1").update(namespace).update(fileName).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
