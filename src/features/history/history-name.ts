import { preambleOf } from "./history-file.js";
import { parseTime, turnsOf } from "../transcripts/turns.js";

const MOST_CHARACTERS = 100;

/** The part of a turn that is searched for its first line. */
const READ_CHARACTERS = 20_000;

/** Elements that agents add to the user's turns. The user did not type them. */
const NOT_TYPED = /<(local-command-\w+|system-reminder|environment_context|user_instructions)>[\s\S]*?(?:<\/\1>|$)/g;
const TAG = /<\/?[a-z][\w-]*(?: [^<>\n]*)?>/gi;

/** A terminal's colour codes, then every other invisible character. */
// eslint-disable-next-line no-control-regex -- a colour code begins with the escape character
const INVISIBLE = /\u001b\[[\d;]*[A-Za-z]|[\p{Cc}\p{Cf}]/gu;
const MARKS = /^(?:#{1,6}|>|[-*+]|\d+[.)]) +|^(?:`{3}.*|-{3,}|={3,})$/;

/** The time in front of SpecStory's file names: `2026-02-12_22-37-48Z-take-a-look-at`. */
const FILE_TIME = /^\d{4}-\d\d-\d\d_\d\d-\d\d(?:-\d\d)?(?:Z|[+-]\d{4})?-?/;

/**
 * Makes the name by which a person recognizes a conversation in a list: its title, else the user's first question or
 * slash command, else the words of the file's name.
 */
export function nameConversation(text: string, fileName: string): string {
  const stem = fileName.replace(/\.md$/i, "");
  const words = toLine(stem.replace(FILE_TIME, "").replaceAll(/[-_]+/g, " "));
  return cutToLength(titleOf(text) ?? firstRequest(text) ?? (words === "" ? toLine(stem) : words)) || "Conversation";
}

/** Finds the heading or title line above the conversation, unless it only tells the time. */
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
    // A slash command that the user has defined begins with its message. The built-in ones ask nothing of a model.
    if (call !== null && said.startsWith("<command-message>")) return call;
    command ??= call;
    const line = call === null ? firstLine(said) : "";
    if (line !== "") return line;
  }
  return command;
}

/** Finds the texts of the user's turns. A turn ends where the next turn of either speaker begins. */
function* userMessages(text: string): Generator<string> {
  let from: number | null = null;
  for (const { speaker, isSidechain, start, end } of turnsOf(text)) {
    if (from !== null) yield text.slice(from, Math.min(start, from + READ_CHARACTERS)).trim();
    from = speaker === "User" && !isSidechain ? end : null;
  }
  if (from !== null) yield text.slice(from, from + READ_CHARACTERS).trim();
}

/** Reads a slash command, such as `/pr-review 151`, from the elements in which an agent records it. */
function slashCommand(said: string): string | null {
  const name = /^(?:<command-message>[^<]*<\/command-message>\s*)?<command-name>([^<]+)<\/command-name>/.exec(said)?.[1];
  if (name === undefined) return null;
  const given = /<command-args>([\s\S]*?)<\/command-args>/.exec(said)?.[1] ?? "";
  return toLine(`/${name.trim().replace(/^\//, "")} ${given}`);
}

/** Returns the first line that says something, joined with the next line if it ends in a colon. */
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

/** Removes the marks of Markdown from a line, and repeated spaces. */
function toLine(text: string): string {
  return text.replaceAll(INVISIBLE, " ").trim().replace(MARKS, "").replaceAll(/\s+/g, " ").trim();
}

/** Cuts a line to the length of a name: between two words if there are any, and never within a character. */
function cutToLength(line: string): string {
  if (line.length <= MOST_CHARACTERS) return line;
  const space = line.lastIndexOf(" ", MOST_CHARACTERS - 1);
  const cut = line.slice(0, space > MOST_CHARACTERS / 2 ? space : MOST_CHARACTERS - 1);
  return `${cut.replace(/[\uD800-\uDBFF]$/, "")}…`;
}
