import type { PreparedStatement } from "./prepared-query.js";

/** A connection keeps each prepared statement with its plan, some 50 KB, for as long as it lives. */
const MOST_STATEMENTS = 300;

export type StatementNames = ReturnType<typeof createStatementNames>;

/**
 * Chooses which statements of a database are prepared, and names them. Filters can be combined in more ways than a connection
 * should keep plans for: statements beyond the first ones are not prepared, so that they are planned each time.
 */
export function createStatementNames() {
  const statements = new Map<string, PreparedStatement>();
  let count = 0;

  function add(text: string): PreparedStatement {
    const statement = { name: `s${(count += 1)}`, description: undefined };
    statements.set(text, statement);
    return statement;
  }

  return {
    of(text: string): PreparedStatement | undefined {
      const known = statements.get(text);
      return known !== undefined || statements.size >= MOST_STATEMENTS ? known : add(text);
    },
    /** Gives a statement another name, so that every connection prepares it anew. */
    renew(text: string): void {
      if (statements.has(text)) add(text);
    },
  };
}
