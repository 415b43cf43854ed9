import type { PreparedStatement } from "./prepared-query.js";

/** A connection keeps each prepared statement with its plan, some 50 KB, for as long as it lives. */
const MOST_STATEMENTS = 300;

/**
 * Chooses which statements of a database are prepared, and names them. Filters can be combined in more ways than a connection
 * should keep plans for: statements beyond the first ones are not prepared, so that they are planned each time.
 */
export function createStatementNames(): (text: string) => PreparedStatement | undefined {
  const statements = new Map<string, PreparedStatement>();
  return (text) => {
    const known = statements.get(text);
    if (known !== undefined || statements.size >= MOST_STATEMENTS) return known;
    const statement = { name: `s${statements.size}`, description: undefined };
    statements.set(text, statement);
    return statement;
  };
}
