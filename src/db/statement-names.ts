/** A connection keeps each prepared statement with its plan, some 50 KB, for as long as it lives. */
const MOST_NAMES = 300;

/**
 * Names the prepared statements of a database by their texts. Filters can be combined in more ways than a connection
 * should keep plans for: statements beyond the first ones get no name, so that they are planned each time.
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
