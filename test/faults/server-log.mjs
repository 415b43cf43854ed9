const MOST_LINES = 15;

/** What a first start tells a person while it makes the embedded database. */
const ANNOUNCEMENT = "Preparing the database";

/** Keeps what servers log, to tell what went wrong inside and to show it where something did. */
export function createServerLog() {
  /** @type {string[]} */
  const lines = [];
  return {
    onLog: (/** @type {string} */ line) => void lines.push(line),
    /** The lines that tell of a bug, and what is no log line at all, which is a process that fell over. */
    failures: () =>
      lines.filter((line) => !line.startsWith(ANNOUNCEMENT) && (!line.startsWith("{") || line.includes('"msg":"internal error"'))),
    /** Shows the first of them, cut to what can be read. */
    show() {
      for (const line of this.failures().slice(0, MOST_LINES)) console.error(`  ${line.slice(0, 1_500)}`);
    },
  };
}
