import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A fenced piece of a document. */
export type Block = { readonly language: string; readonly text: string };

/** The documents whose examples are run, in the order in which a newcomer reads them: README stores what the others use. */
export const examplePaths = ["README.md", ...markdownIn("docs")];

/** Every document of the repository. */
export const documentPaths = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", ...markdownIn("docs")];

function markdownIn(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".md")).map((name) => join(folder, name)).sort(); // prettier-ignore
}

export function readDocument(path: string): string {
  return readFileSync(path, "utf8");
}

export function blocksOf(path: string): Block[] {
  return [...readDocument(path).matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language = "", text = ""]) => ({ language, text }));
}

/** The text of a document outside its fenced pieces. */
export function proseOf(path: string): string {
  return readDocument(path).replaceAll(/```\w*\n[\s\S]*?```/g, "");
}

/** The blocks of one language with the block of another that follows directly: what it prints. */
export function examplesOf(path: string, language: string, answer: string): [Block, Block][] {
  const blocks = blocksOf(path);
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    return block.language === language && next?.language === answer ? [[block, next] as [Block, Block]] : [];
  });
}

/** The rows of the first table under a heading, each as its cells without code marks. */
export function tableUnder(path: string, heading: string): string[][] {
  const section = readDocument(path).split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`)) ?? ""; // prettier-ignore
  const [table = ""] = /^\|(.*\n\|)*.*$/m.exec(section) ?? [];
  const rows = table.split("\n").slice(2);
  return rows.map((row) => row.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/^`([^`]*)`$/, "$1"))); // prettier-ignore
}
