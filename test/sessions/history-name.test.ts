import { expect, test } from "@jest/globals";
import { nameConversation } from "../../src/features/history/history-name.js";

const HEADER = "<!-- Claude Code Session 00000000-0000-4000-8000-000000000001 (2026-03-01 10:00:00Z) -->";
const FILE = "2026-03-01_10-00-00Z-words-of-the-file.md";

/** The name of a conversation in which the user says these things, one a turn. */
const nameOf = (...said: string[]) =>
  nameConversation(
    ["# 2026-03-01 10:00:00Z", HEADER, ...said.flatMap((text) => ["_**User (2026-03-01 10:00:00Z)**_", text])].join("\n\n"),
    FILE,
  );

test("A conversation is called as the user began it, by the first line that says something.", () => {
  expect(nameOf("\n\n## Count   the *lines*\r\nof this file")).toBe("Count the *lines*");
});

test("A line that ends in a colon is followed by the next one.", () => {
  expect(nameOf("Implement the following plan:\n\n# Plan: Count the lines")).toBe("Implement the following plan: Plan: Count the lines");
});

test("A slash command of the user's own is the name, with its arguments, and not the text it stands for.", () => {
  const call = "<command-message>pr-review</command-message>\n<command-name>/pr-review</command-name>\n<command-args>151</command-args>";
  expect(nameOf(call, "## Context\n\nlong instructions")).toBe("/pr-review 151");
});

test("A command that the agent carries out itself is the name only where nothing else was said.", () => {
  const clear = "<command-name>/clear</command-name>\n  <command-message>clear</command-message>\n  <command-args></command-args>";
  const output = "<local-command-stdout>done</local-command-stdout>";
  expect(nameOf(clear, output, "Count the lines")).toBe("Count the lines");
  expect(nameOf(clear, output)).toBe("/clear");
});

test("Nothing that the agent put into the user's turn is taken for the user's words, nor what is said to another agent.", () => {
  const reminder = "<system-reminder>Do not\nmention this.</system-reminder>";
  const aside = "_**User - sidechain (2026-03-01 10:00:00Z)**_\n\nYou are a search agent";
  expect(nameConversation([HEADER, aside, "_**User**_", reminder, "Count the lines"].join("\n\n"), FILE)).toBe("Count the lines");
});

test("A title above the conversation comes before everything, unless it only tells the time.", () => {
  const rest = `\n\n${HEADER}\n\n_**User**_\n\nhello`;
  expect(nameConversation(`# Bunch of updates (2026-03-01 10:00Z)${rest}`, FILE)).toBe("Bunch of updates");
  expect(nameConversation(`# 2026-03-01 10:00:00Z\n\n**Title:** Count lines${rest}`, FILE)).toBe("Count lines");
  expect(nameConversation(`# 2026-03-01 10:00Z${rest}`, FILE)).toBe("hello");
});

test("Where nothing was said, the words of the file's name are the name, or else the time in it.", () => {
  expect(nameOf()).toBe("words of the file");
  expect(nameConversation(HEADER, "2026-03-01_10-00-00Z.md")).toBe("2026-03-01_10-00-00Z");
});

test("A name has at most 100 characters, is cut between words and never within a character, and has no invisible ones.", () => {
  expect(nameOf("word ".repeat(50))).toBe(`${"word ".repeat(19)}word…`);
  expect(nameOf("\u{1F600}".repeat(80))).toBe(`${"\u{1F600}".repeat(49)}…`);
  expect(nameOf("\u001b[31mred\u001b[0m \u0000 and \u200bmore")).toBe("red and more");
});
