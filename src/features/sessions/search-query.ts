/** A search as people write it: words that must all occur, "a phrase", -without, this or that. */
export type SearchQuery = {
  /** The same for PostgreSQL's websearch_to_tsquery, which takes any text: every term in quotes. */
  readonly text: string;
  /** What a match must or may contain; the words of a phrase belong together. */
  readonly wanted: readonly (readonly string[])[];
};

/** A single minus, which excludes, then a phrase in quotes (which the end of the text may close) or what stands up to the next space. */
const TERM = /((?:-(?!-))?)(?:"([^"]*)"?|([^\s"]+))/g;

/** What parts words: all of ASCII that is no letter or digit, as the function "searchable" of the database has it. */
const SEPARATORS = /[^0-9A-Za-z\u0080-\u{10ffff}]+/u;

/** Reads any text. Paths and identifiers are phrases of their parts: `src/checkout_flow` is "src checkout flow". */
export function parseQuery(query: string): SearchQuery {
  const wanted: string[][] = [];
  let text = "";
  let isAlternative = false;
  for (const [term, minus, phrase, bare = ""] of query.normalize().matchAll(TERM)) {
    const words = (phrase ?? bare).split(SEPARATORS).filter((word) => word !== "");
    if (term.toLowerCase() === "or") isAlternative = text !== "";
    else if (words.length > 0) {
      text += `${text === "" ? "" : isAlternative ? " or " : " "}${minus ?? ""}"${words.join(" ")}"`;
      if (minus === "") wanted.push(words.map((word) => word.toLowerCase()));
      isAlternative = false;
    }
  }
  return { text, wanted };
}

/** Words that PostgreSQL takes have at most 2046 bytes; a prefix of this length says as much. */
const LONGEST_WORD = 500;

/**
 * Reads a search as it is typed: every term must occur, its last word only begun, "a phrase" or not. `text` is for
 * PostgreSQL's to_tsquery; it is empty where there is no word to look for.
 */
export function parsePrefixQuery(query: string): SearchQuery {
  const wanted = [...query.normalize().matchAll(/"([^"]*)"?|([^\s"]+)/g)]
    .map(([, phrase, bare = ""]) => (phrase ?? bare).split(SEPARATORS))
    .map((words) => words.filter((word) => word !== "").map((word) => word.slice(0, LONGEST_WORD)))
    .filter((words) => words.length > 0);
  const terms = wanted.map((words) => words.map((word, index) => `'${word}'${index === words.length - 1 ? ":*" : ""}`).join(" <-> "));
  return { text: terms.map((term) => `(${term})`).join(" & "), wanted: wanted.map((words) => words.map((word) => word.toLowerCase())) };
}
