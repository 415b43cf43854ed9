import { expect, test } from "@jest/globals";
import { createJsonBody } from "../../src/core/request/json-body.js";
import { LongText, PIECE_CHARACTERS } from "../../src/platform/long-text.js";
import { chanceOf, type Chance } from "../support/chance.js";

/** Pieces of which texts are made: plain ones, every kind of escape, and what begins like a mark of the parser's own. */
const CHARACTERS = ["a", "é", "中", "😀", '"', "\\", "\n", "\u0000", "\u0001", "\uFEFF", "/", "\\u0000", " ".repeat(50), "x".repeat(3_000)];

function textOf(chance: Chance, characters: number): string {
  let text = "";
  for (let index = 0; text.length < characters; index += 1) {
    const piece = CHARACTERS[Math.floor(chance("character", index) * CHARACTERS.length)] ?? "";
    text += piece.repeat(1 + Math.floor(chance("times", index) ** 4 * 200));
  }
  return text;
}

/** The same JSON with every character of its texts as an escape, as encoders write it that know ASCII only. */
function inAscii(json: string): string {
  return json.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Parses JSON that arrives in chunks of random lengths. */
function parse(json: string | Buffer, { chance = chanceOf(1), kept }: { chance?: Chance; kept?: ReadonlySet<string> } = {}) {
  const bytes = Buffer.from(json);
  const body = createJsonBody();
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const end = at + 1 + Math.floor(chance("chunk", index) ** 3 * 200_000);
    body.add(bytes.subarray(at, end));
    at = end;
  }
  return body.parse(kept);
}

test.each([1, 2, 3, 4, 5, 6])("A large body that arrives in any pieces is what JSON.parse says it is: %i.", (seed) => {
  const chance = chanceOf(seed);
  const value = {
    short: textOf(chance, 10),
    long: textOf(chanceOf(seed + 100), 1_300_000),
    list: [textOf(chance, 70_000), 1, null, { inner: textOf(chanceOf(seed + 200), 90_000), "\u0000": "\u00000" }],
    [textOf(chanceOf(seed + 300), 5)]: true,
  };
  const json = JSON.stringify(value, null, seed % 3);
  // Compared as texts: a difference of megabytes would be shown whole.
  expect(JSON.stringify(parse(json, { chance })) === JSON.stringify(value)).toBe(true);
  expect(JSON.stringify(parse(inAscii(json), { chance })) === JSON.stringify(value)).toBe(true);
});

test("Wherever a large body is cut, the two escapes of one character stay together.", () => {
  // The escapes have twelve bytes, so that with these texts a cut falls on each of them.
  for (let before = 0; before < 12; before += 1) {
    const value = { markdown: `${"a".repeat(before)}${"😀".repeat(100_000)}` };
    const { markdown } = parse(inAscii(JSON.stringify(value)), { kept: new Set(["markdown"]) }) as { markdown: LongText };
    expect([...markdown].every((piece) => piece.isWellFormed())).toBe(true);
    expect(markdown.toString() === value.markdown).toBe(true);
  }
});

test("Texts that are to stay in pieces do, none longer than a piece may be, and other fields of that name do not.", () => {
  const text = textOf(chanceOf(7), 1_700_000);
  const json = JSON.stringify({ markdown: text, inner: { markdown: text }, name: text });
  const { markdown, inner, name } = parse(json, { kept: new Set(["markdown"]) }) as Record<string, unknown>;
  expect(markdown).toBeInstanceOf(LongText);
  const pieces = [...(markdown as LongText)];
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(PIECE_CHARACTERS);
  expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  expect(pieces.join("") === text).toBe(true);
  expect([inner, name]).toEqual([{ markdown: text }, text]);
  const atOnce = createJsonBody();
  atOnce.add(Buffer.from(json));
  expect([...(atOnce.parse(new Set(["markdown"])) as { markdown: LongText }).markdown]).toEqual(pieces);
});

const filler = JSON.stringify("x".repeat(1_100_000));

test.each([
  ["has a text without an end", `{"a":${filler},"b":"x`],
  ["ends within its longest text", filler.slice(0, -1)],
  ["has a line break within a text", `{"a":"${"x".repeat(1_100_000)}\n"}`],
  ["has a broken escape", String.raw`{"a":"${"x".repeat(1_100_000)}\u12"}`],
  ["has an escape that JSON lacks", String.raw`{"a":"${"x".repeat(1_100_000)}\x"}`],
  ["has two values", `${filler} ${filler}`],
  ["has two numbers for one", `[1 2, ${filler}]`],
  ["has a control character between its values", `{"a":${filler},\u0001"b":1}`],
])("A large body that %s is not valid JSON.", (_what, json) => {
  expect(() => parse(json)).toThrow(expect.objectContaining({ reason: "INVALID_FORMAT" }));
});

test("A large body that is no UTF-8 is rejected, within its long texts and beside them.", () => {
  const json = Buffer.from(`{"a":${filler},"b":"xx"}`);
  for (const at of [100, 1_000_000, json.length - 3]) {
    const broken = Buffer.from(json);
    broken[at] = 0xff;
    expect(() => parse(broken)).toThrow(expect.objectContaining({ reason: "INVALID_FORMAT", message: "The body is not valid UTF-8" }));
  }
});

test("A large body with too many values, or too much beside its long texts, is rejected before its end.", () => {
  const tooMany = createJsonBody();
  expect(() => {
    for (let count = 0; count < 50; count += 1) tooMany.add(Buffer.from("[".repeat(100_000)));
  }).toThrow(expect.objectContaining({ reason: "INVALID_PARAMETER", details: { limit: 100_000 } }));
  const tooMuch = createJsonBody();
  expect(() => {
    for (let count = 0; count < 1_000; count += 1) tooMuch.add(Buffer.from(`"${"x".repeat(30_000)}",`));
  }).toThrow(expect.objectContaining({ reason: "INVALID_PARAMETER", httpStatus: 413 }));
});
