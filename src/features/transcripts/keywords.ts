import { countWords } from "./words.js";

/** The part of a conversation that is read for its typical words, and the number of words that are kept. */
export const READ_CHARACTERS = 200_000;
const KEPT_WORDS = 16;

/** Words that every conversation with a coding agent has, so that they are not typical of any. */
const COMMON = new Set(
  (
    "about above after again agent also another because been before being below between both bash call called cannot change changes check class code command " +
    "const content could create data default does done each edit else error false file files first following found from function have here import into " +
    "just least let's like line lines list look made make more most much must name need null number only open other output over path please project read " +
    "result return returns same session should since some string such sure take test tests text than that their them then there these they this those " +
    "through time todo tool true type under update used user uses using value very want were what when where which while will with without work would write your"
  ).split(" "),
);

/**
 * Finds the words that are typical of a conversation, the most frequent first. relatedSessions compares them.
 * A word of the name counts like ten in the text.
 */
export function findKeywords(name: string, markdown: string): string[] {
  const counts = new Map<string, number>();
  const count = (text: string, weight: number) => {
    for (const [word, times] of countWords(text)) {
      const known = word.toLowerCase();
      if (!COMMON.has(known)) counts.set(known, (counts.get(known) ?? 0) + weight * times);
    }
  };
  count(name, 10);
  count(markdown.slice(0, READ_CHARACTERS), 1);
  return [...counts]
    .filter(([, times]) => times > 1)
    .sort(([a, timesA], [b, timesB]) => timesB - timesA || (a < b ? -1 : 1))
    .slice(0, KEPT_WORDS)
    .map(([word]) => word);
}
