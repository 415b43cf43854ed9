export const PIECES = {
  spaces: " ",
  letters: "a",
  digits: "1",
  lines: "\n",
  quotes: '"',
  backslashes: "\\",
  brackets: "[{(",
  dots: "a.",
  hints: "Did you mean ",
  places: ' at "a',
  turns: "_**User (a ",
  addresses: "a@a.",
  marks: "e\u0301\u0302",
} as const;
export const NAMES = Object.keys(PIECES) as (keyof typeof PIECES)[]; // a closed literal

/** As much of a piece as has so many bytes in JSON, or as a text of a document in JSON. */
export const text = (piece: string, bytes: number) => piece.repeat(bytes / (Buffer.byteLength(JSON.stringify(piece)) - 2));
export const textInDocument = (piece: string, bytes: number) =>
  piece.repeat(bytes / (Buffer.byteLength(JSON.stringify(JSON.stringify(piece))) - 6));

/** Documents with a text instead of a value, or where no value may be. */
export const DOCUMENTS: Readonly<Record<string, (literal: string, text: string) => string>> = {
  "an enum value": (literal) => `{ sessions(orderBy: ${literal}) { id } }`,
  "a number": (literal) => `{ projects(limit: ${literal}) { id } }`,
  "a time": (literal) => `{ analytics(timeRange: { start: ${literal} }) { totalSessions } }`,
  "a condition": (literal) => `{ __typename @skip(if: ${literal}) }`,
  "an object": (literal) => `{ sessions(filters: ${literal}) { id } }`,
  "the default of a variable": (literal) => `query ($o: SessionOrder = ${literal}) { sessions(orderBy: $o) { id } }`,
  "an argument that does not exist": (literal) => `{ projects(limt: ${literal}) { id } }`,
  "the end of a document": (_literal, text) => `{ __typename } } ${text}`,
  "a value that never ends": (_literal, text) => `{ project(id: "${text.replaceAll(/["\n\\]/g, " ")}`,
};

/** Documents with a name of any length. */
export const NAMED: Readonly<Record<string, (name: string) => string>> = {
  field: (name) => `{ ${name} }`,
  argument: (name) => `{ projects(${name}: 1) { id } }`,
  "enum value": (name) => `{ sessions(orderBy: ${name}) { id } }`,
  "field of an input": (name) => `{ sessions(filters: { ${name}: 1 }) { id } }`,
  type: (name) => `query ($v: ${name}) { projects(limit: $v) { id } }`,
  "fragment's type": (name) => `{ ... on ${name} { id } }`,
  fragment: (name) => `{ ...${name} }`,
  directive: (name) => `{ __typename @${name} }`,
  variable: (name) => `{ projects(limit: $${name}) { id } }`,
  "variable that is absent": (name) => `query ($${name}: Boolean!) { __typename @skip(if: $${name}) }`,
  alias: (name) => `{ ${name}: projcts }`,
  operation: (name) => `query ${name} { projcts }`,
};

/** Variables with a text where none is expected. */
export const VARIABLES: Readonly<Record<string, readonly [string, (given: string) => unknown]>> = {
  "an enum value": ["SessionOrder", (given) => given],
  "a number": ["Int", (given) => given],
  "a time": ["DateTime", (given) => given],
  "an object": ["SessionFilters", (given) => given],
  "a name of an object": ["SessionFilters", (given) => ({ [given]: 1 })],
  "a time in an object": ["SessionFilters", (given) => ({ dateRange: { start: given } })],
};
