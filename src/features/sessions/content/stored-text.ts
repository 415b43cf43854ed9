import { LongText } from "../../../platform/long-text.js";
import { encodeContent } from "../content-codec.js";

/** The texts of a session, by the names of their columns. */
export const contentNames = ["markdown", "rawData", "sessionData"] as const;
export type ContentName = (typeof contentNames)[number];

/** What is stored of a text with the session: its beginning, in its stored form. Parts, which are encoded one by one, continue it. */
export type StoredText = { readonly beginning: string; readonly parts: LongText };

/** The least characters of a beginning that parts continue, as PostgreSQL counts them. The search index covers so many. */
const BEGINNING_CHARACTERS = 1_000_000;

/** Cuts a text where its pieces end, so that nearly all texts are beginnings only. */
export function toStoredText(text: LongText): StoredText {
  if (text.count < 2) return { beginning: encodeContent(text.toString()), parts: NOTHING };
  const beginning: string[] = [];
  let characters = 0;
  for (const piece of text) {
    beginning.push(piece);
    characters += countCharacters(piece);
    if (characters >= BEGINNING_CHARACTERS) break;
  }
  return { beginning: encodeContent(beginning.join("")), parts: text.withoutPieces(beginning.length) };
}

const NOTHING = LongText.ofPieces([]);

/** Tells whether texts of so many bytes can have parts: a character has a byte at least. */
export function mayHaveParts(bytes: bigint | null): boolean {
  return bytes !== null && bytes >= BEGINNING_CHARACTERS;
}

/** Counts a character outside of the basic plane once. JavaScript's length counts it twice. */
function countCharacters(piece: string): number {
  let trails = 0;
  for (let index = 0; index < piece.length; index += 1) {
    const code = piece.charCodeAt(index);
    if (code >= 0xdc00 && code < 0xe000) trails += 1;
  }
  return piece.length - trails;
}
