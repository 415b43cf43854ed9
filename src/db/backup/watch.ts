import type { Statement } from "../engine.js";
import type { Table } from "./tables.js";

/** A schema that exists only while the embedded database is backed up, and after a crash until its next start. */
const SCHEMA = `"backstory_backup"`;

export type Change = { readonly table: string; readonly key: string[] };

/** The most changes that one statement takes. */
const MOST_CHANGES = 1_000;

const select = (source: string) => `SELECT DISTINCT "table", "key" FROM ${source} ORDER BY "table"`;

/**
 * Statements that note the key of each row that is inserted, updated or deleted. The notes are written in the transaction
 * that changes the row, so that none is lost whatever ends the thread of the embedded database.
 */
export const watchStatements = {
  start: (tables: readonly Table[]): Statement => ({
    text: `DO $start$ BEGIN
      DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE;
      CREATE SCHEMA ${SCHEMA};
      CREATE TABLE ${SCHEMA}."change" ("number" bigserial PRIMARY KEY, "table" text NOT NULL, "key" text[] NOT NULL);
      ${tables.map(toTrigger).join("\n")}
    END $start$`,
    values: [],
  }),

  /** Whether a backup that was killed left its notes. */
  isLeft: { text: `SELECT to_regnamespace('${SCHEMA}') IS NOT NULL AS "isLeft"`, values: [] } satisfies Statement,

  stop: { text: `DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`, values: [] } satisfies Statement,

  /** The first changes, which are forgotten: whoever takes them reads their rows afterwards. */
  take: {
    text: `WITH "first" AS (SELECT "number" FROM ${SCHEMA}."change" ORDER BY "number" LIMIT ${MOST_CHANGES}),
      "taken" AS (DELETE FROM ${SCHEMA}."change" c USING "first" f WHERE c."number" = f."number" RETURNING c."table", c."key")
      ${select('"taken"')}`,
    values: [],
  } satisfies Statement,

  /** Whether there are more changes than one statement takes. */
  areMany: { text: `SELECT EXISTS (SELECT FROM ${SCHEMA}."change" OFFSET ${MOST_CHANGES}) AS "areMany"`, values: [] } satisfies Statement,

  /** All changes, which are kept. */
  look: { text: select(`${SCHEMA}."change"`), values: [] } satisfies Statement,
};

/** Each table has a function of its own, so that none reads the long texts of its row. */
function toTrigger({ name, quoted, keys }: Table): string {
  const note = (row: string) =>
    `INSERT INTO ${SCHEMA}."change" ("table", "key") VALUES ('${name}', ARRAY[${keys.map((key) => `${row}.${key}::text`).join(", ")}]);`;
  return `
      CREATE FUNCTION ${SCHEMA}."note${name}"() RETURNS trigger LANGUAGE plpgsql AS $note$ BEGIN
        IF TG_OP <> 'INSERT' THEN ${note("OLD")} END IF;
        IF TG_OP <> 'DELETE' THEN ${note("NEW")} END IF;
        RETURN NULL;
      END $note$;
      CREATE TRIGGER "backstory_backup" AFTER INSERT OR UPDATE OR DELETE ON ${quoted} FOR EACH ROW EXECUTE FUNCTION ${SCHEMA}."note${name}"();`;
}
