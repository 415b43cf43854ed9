import { expect, test } from "@jest/globals";
import { decodeContent, encodeContent } from "../../src/features/sessions/content-codec.js";

const PIECES = ["\u0000", "\u0001", "\uFEFF", "0", "1", "2", "a"];
const texts = PIECES.flatMap((a) =>
  ["", ...PIECES].flatMap((b) => ["", ...PIECES].flatMap((c) => ["", ...PIECES].map((d) => a + b + c + d))),
);

test("Every text comes back as it was, and two texts never have one stored form.", () => {
  const distinct = [...new Set(texts)];

  expect(distinct.filter((text) => decodeContent(encodeContent(text)) !== text)).toEqual([]);
  expect(new Set(distinct.map(encodeContent)).size).toBe(distinct.length);
});

test("What is stored has no U+0000, which PostgreSQL rejects, and no byte order mark in front, which a driver drops.", () => {
  expect(texts.map(encodeContent).filter((stored) => stored.includes("\u0000") || stored.startsWith("\uFEFF"))).toEqual([]);
});
