import { preambleOf } from "./history-file.js";
import { parseTime, turnsOf } from "../transcripts/turns.js";

const MOST_CHARACTERS = 100;

/** How much of a turn is read for its first line. */
const READ_CHARACTERS = 20_000;

/** What agents put into the user's mouth: none of it was typed. */
const NOT_TYPED = /<(local-command-\w+|system-reminder|environment_context|user_instructions)>[\s\S]*?(?:<\/\1>|$)/g;
const TAG = /<\/?[a-z][\w-]*(?: [^<>\n]*)?>/gi;

/** What a terminal understands as colour, then every other character that cannot be seen. */
// eslint-disable-next-line no-control-regex -- the escape character is what is looked for
const INVISIBLE = /\u001b\[[\d;]*[A-Za-z]|[\p{Cc}\p{Cf}]/gu;
const MARKS = /^(?:#{1,6}|>|[-*+]|\d+[.)]) +|^(?:`{3}.*|-{3,}|={3,})$/;

/** The time in front of SpecStory's file names: `2026-02-12_22-37-48Z-take-a-look-at`. */
const FILE_TIME = /^\d{4}-\d\d-\d\d_\d\d-\d\d(?:-\d\d)?(?:Z|[+-]\d{4})?-?/;

/**
 * The name by which a person knows a conversation again in a list: the title that it was given, else the first thing
 * that the user asked or the slash command it was asked with, else the words of the file's name.
 */
export function nameConversation(text: string, fileName: string): string {
  const stem = fileName.replace(/\.md$/i, "");
  const words = toLine(stem.replace(FILE_TIME, "").replaceAll(/[-_]+/g, " "));
  return cutToLength(titleOf(text) ?? firstRequest(text) ?? (words === "" ? toLine(stem) : words)) || "Conversation";
}

/** The heading or title line above the conversation, unless it only tells the time. */
function titleOf(text: string): string | null {
  for (const [, heading = ""] of preambleOf(text).matchAll(/^\uFEFF?(?:#{1,2} +|\*\*Title:\*\* +)(.+)$/gm)) {
    const title = toLine(heading.replace(/\(([^()]*)\)\s*$/, (whole, inside: string) => (parseTime(inside.trim()) === null ? whole : "")));
    if (title !== "" && parseTime(title) === null) return title;
  }
  return null;
}

function firstRequest(text: string): string | null {
  let command: string | null = null;
  for (const said of userMessages(text)) {
    const call = slashCommand(said);
    // An agent expands a command of the user's own, which begins with its message; its built-in ones ask nothing of a model.
    if (call !== null && said.startsWith("<command-message>")) return call;
    command ??= call;
    const line = call === null ? firstLine(said) : "";
    if (line !== "") return line;
  }
  return command;
}

/** What the user said, turn by turn; each turn ends where the next one, of whomever, begins. */
function* userMessages(text: string): Generator<string> {
  let from: number | null = null;
  for (const { speaker, isSidechain, start, end } of turnsOf(text)) {
    if (from !== null) yield text.slice(from, Math.min(start, from + READ_CHARACTERS)).trim();
    from = speaker === "User" && !isSidechain ? end : null;
  }
  if (from !== null) yield text.slice(from, from + READ_CHARACTERS).trim();
}

/** `/pr-review 151` of the elements in which an agent records a slash command. */
function slashCommand(said: string): string | null {
  const name = /^(?:<command-message>[^<]*<\/command-message>\s*)?<command-name>([^<]+)<\/command-name>/.exec(said)?.[1];
  if (name === undefined) return null;
  const given = /<command-args>([\s\S]*?)<\/command-args>/.exec(said)?.[1] ?? "";
  return toLine(`/${name.trim().replace(/^\//, "")} ${given}`);
}

/** The first line that says something, with the next one where it ends in a colon. */
function firstLine(said: string): string {
  const lines = said
    .replaceAll(/<!--.*?-->/g, "")
    .replaceAll(NOT_TYPED, "")
    .replaceAll(TAG, " ")
    .split("\n")
    .map(toLine)
    .filter((line) => line !== "");
  const [first = "", second] = lines;
  return first.endsWith(":") && second !== undefined ? `${first} ${second}` : first;
}

/** A line without marks of Markdown, and with single spaces. */
function toLine(text: string): string {
  return text.replaceAll(INVISIBLE, " ").trim().replace(MARKS, "").replaceAll(/\s+/g, " ").trim();
}

/** Cut between two words, where there are any, and never within a character. */
function cutToLength(line: string): string {
  if (line.length <= MOST_CHARACTERS) return line;
  const space = line.lastIndexOf(" ", MOST_CHARACTERS - 1);
  const cut = line.slice(0, space > MOST_CHARACTERS / 2 ? space : MOST_CHARACTERS - 1);
  return `${cut.replace(/[\uD800-\uDBFF]$/, "")}…`;
}
