import { expect, test } from "@jest/globals";
import { createTurnReader, parseTime, readTurns } from "../../src/features/transcripts/turns.js";

const read = (...lines: string[]) => readTurns(lines.join("\n"));

test("A conversation begins with its earliest turn and ends with its latest, in whatever order they stand.", () => {
  const { startedAt, endedAt } = read(
    "_**User (2026-03-01 10:00:00Z)**_",
    "_**Agent - sidechain (claude-haiku-4-5 2026-03-01 12:00:00Z)**_",
    "_**Agent (claude-opus-4-6 2026-03-01T11:00:00.123Z)**_",
  );
  expect({ startedAt, endedAt }).toEqual({ startedAt: new Date("2026-03-01T10:00:00Z"), endedAt: new Date("2026-03-01T12:00:00Z") });
});

test("The models are those of the agent's turns, each once, whether a time stands beside them or not.", () => {
  const { llmModels } = read(
    "_**Agent (gpt-5-codex)**_",
    "_**Agent (model claude-4.5-opus, mode Agent)**_",
    "_**Agent - sidechain (claude-haiku-4-5 2026-03-01 10:00:00Z)**_",
    "_**Agent (gpt-5-codex 2026-03-01 10:00:00Z)**_\r",
    "_**Agent (<synthetic> 2026-03-01 10:00:00Z)**_",
    "_**Agent (2026-03-01 10:00:00Z)**_",
    "_**Agent**_",
    "_**User (2026-03-01 10:00:00Z)**_",
  );
  expect(llmModels).toEqual(["gpt-5-codex", "claude-4.5-opus", "claude-haiku-4-5"]);
});

test("A line that only looks like a turn counts for nothing: it is indented, quoted, or goes on after the mark.", () => {
  expect(
    read("  _**Agent (a 2026-03-01 10:00:00Z)**_", "> _**Agent (b 2026-03-01 10:00:00Z)**_", "_**Agent (c 2026-03-01 10:00:00Z)**_ said"),
  ).toEqual({ startedAt: null, endedAt: null, llmModels: [] });
});

test.each([
  ["2026-03-01 10:00:05Z", "2026-03-01T10:00:05.000Z"],
  ["2026-03-01T10:00:05.060Z", "2026-03-01T10:00:05.060Z"],
  ["2026-03-01 10:00Z", "2026-03-01T10:00:00.000Z"],
  ["2026-03-01 10:00:05-0730", "2026-03-01T17:30:05.000Z"],
  ["2026-03-01 10:00:05+05:30", "2026-03-01T04:30:05.000Z"],
])("The time %s is read as %s.", (text, expected) => {
  expect(parseTime(text)?.toISOString()).toBe(expected);
});

test.each(["2026-03-01 10:00:05", "2026-13-01 10:00:05Z", "0000-03-01 10:00:05Z", "yesterday", ""])("%j is no time.", (text) => {
  expect(parseTime(text)).toBeNull();
});

test("Turns that lie across the end of a piece are found, wherever it ends, and none is found twice or where no line begins.", () => {
  const longest = "m".repeat(970);
  const text = [
    "_**User (2026-03-01 10:00:00Z)**_",
    `_**Agent - sidechain (${longest} 2026-03-01 11:00:00Z)**_\r`,
    "not _**Agent (no-turn 2026-03-01 23:00:00Z)**_",
    "_**Agent (last 2026-03-01 12:00:00Z)**_",
  ].join("\n");
  const whole = readTurns(text);
  const cuts = Array.from({ length: text.length + 1 }, (_, cut) => cut);
  const found = cuts.map((cut) => {
    const reader = createTurnReader();
    for (const piece of [text.slice(0, cut), text.slice(cut), `\n${"a".repeat(2_000)}`]) reader.read(piece);
    return reader.finish();
  });

  expect(whole.llmModels).toEqual([longest, "last"]);
  expect(found.filter((facts) => JSON.stringify(facts) !== JSON.stringify(whole))).toEqual([]);
});
