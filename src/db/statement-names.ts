/** The most names. A connection keeps each prepared statement with its plan, some 50 KB, until it is closed. */
const MOST_NAMES = 300;

/**
 * Names the prepared statements of a database by their texts. Filters have more combinations than a connection should keep
 * plans for: after the first MOST_NAMES, a statement gets no name and is planned each time.
 */
export function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= MOST_NAMES) return known;
    const name = `s${names.size}`;
    names.set(text, name);
    return name;
  };
}
