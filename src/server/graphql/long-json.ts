import { LongText } from "../../platform/long-text.js";

/** A text of more characters is written in pieces. */
const LONG_CHARACTERS = 65_536;

/**
 * Stands for a text that is written in pieces. A text that begins with U+0000 is one whatever its length, so that no other text
 * looks like a mark.
 */
const MARK = "\u0000";

/** A mark with its number, as JSON has it. */
const MARKS = /"\\u0000(\d{1,9})"/g;

/** Writes a value as JSON in pieces, so that the memory never holds the JSON of its long texts as a whole. */
export function* renderLongJson(value: unknown): Generator<string> {
  const texts: string[] = [];
  const json = JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item !== "string" || (item.length <= LONG_CHARACTERS && !item.startsWith(MARK))) return item;
    return `${MARK}${texts.push(item) - 1}`;
  });
  let written = 0;
  for (const found of json.matchAll(MARKS)) {
    yield json.slice(written, found.index);
    yield* textInPieces(texts[Number(found[1])] ?? "");
    written = found.index + found[0].length;
  }
  yield json.slice(written);
}

function* textInPieces(text: string): Generator<string> {
  yield '"';
  for (const piece of LongText.from(text)) yield JSON.stringify(piece).slice(1, -1);
  yield '"';
}
