/** A search as people write it: words that must all occur, "a phrase", -without, this or that. */
export type SearchQuery = {
  /** The query for PostgreSQL: for websearch_to_tsquery with every term in quotes, or for to_tsquery. */
  readonly text: string;
  /** The phrases that a match must or may contain, each as its words. */
  readonly wanted: readonly (readonly string[])[];
};

/**
 * Matches one term: a single minus, which excludes, then a phrase in quotes (the last quote may be missing) or text up to
 * the next space.
 */
const TERM = /((?:-(?!-))?)(?:"([^"]*)"?|([^\s"]+))/g;

/** Separates words: every ASCII character except letters and digits. The function "searchable" of the database does the same. */
const SEPARATORS = /[^0-9A-Za-z\u0080-\u{10ffff}]+/u;

/** Reads any text. Paths and identifiers are phrases of their parts: `src/checkout_flow` is "src checkout flow". */
export function parseQuery(query: string): SearchQuery {
  const wanted: string[][] = [];
  let text = "";
  let isAlternative = false;
  for (const [term, minus, phrase, unquoted = ""] of query.normalize().matchAll(TERM)) {
    const words = (phrase ?? unquoted).split(SEPARATORS).filter((word) => word !== "");
    if (term.toLowerCase() === "or") isAlternative = text !== "";
    else if (words.length > 0) {
      text += `${text === "" ? "" : isAlternative ? " or " : " "}${minus ?? ""}"${words.join(" ")}"`;
      if (minus === "") wanted.push(words.map((word) => word.toLowerCase()));
      isAlternative = false;
    }
  }
  return { text, wanted };
}

/** PostgreSQL takes words of at most 2046 bytes, so longer words are cut. */
const LONGEST_WORD = 500;

/**
 * Reads a search as it is typed: every term must occur, its last word only begun, "a phrase" or not. `text` is for
 * PostgreSQL's to_tsquery; it is empty where there is no word to look for.
 */
export function parsePrefixQuery(query: string): SearchQuery {
  const wanted = [...query.normalize().matchAll(/"([^"]*)"?|([^\s"]+)/g)]
    .map(([, phrase, unquoted = ""]) => (phrase ?? unquoted).split(SEPARATORS))
    .map((words) => words.filter((word) => word !== "").map((word) => word.slice(0, LONGEST_WORD)))
    .filter((words) => words.length > 0);
  const terms = wanted.map((words) => words.map((word, index) => `'${word}'${index === words.length - 1 ? ":*" : ""}`).join(" <-> "));
  return { text: terms.map((term) => `(${term})`).join(" & "), wanted: wanted.map((words) => words.map((word) => word.toLowerCase())) };
}
