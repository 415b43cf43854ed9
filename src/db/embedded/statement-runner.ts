import { protocol, type messages, type PGlite } from "@electric-sql/pglite";

/** A statement of the server itself failed. */
export class StatementError extends Error {
  override readonly name = "StatementError";
}

/** Runs a statement at once, between those of the client and in the same session, and returns the rows as texts. */
export type RunStatement = (sql: string) => (string | null)[][];

export function createStatementRunner(pglite: PGlite): RunStatement {
  return (sql) => {
    const rows: (string | null)[][] = [];
    let failure: string | undefined;
    const bytes = pglite.execProtocolRawSync(protocol.serialize.query(sql));
    new protocol.Parser().parse(bytes, (message) => {
      if (message.name === "dataRow")
        rows.push((message as messages.DataRowMessage).fields); // the name tells
      else if (message.name === "error") failure ??= message instanceof Error ? message.message : "unknown";
    });
    if (failure !== undefined) throw new StatementError(failure);
    return rows;
  };
}
