import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { DEFAULT_COLOR, DEFAULT_ICON } from "../../src/features/projects/input.js";
import { toLocalEngine } from "../support/local-engine.js";

type Column = { readonly table: string; readonly column: string; readonly type: string; readonly isNullable: boolean };

const TYPES: Readonly<Record<string, string>> = {
  String: "text",
  Int: "integer",
  Json: "jsonb",
  BigInt: "bigint",
  MemberRole: '"MemberRole"',
  ApiKeyKind: '"ApiKeyKind"',
};

let pglite: PGlite;
beforeAll(async () => {
  const image = await readFile(join(process.env.TEST_FOLDER ?? "", "image.tar"));
  pglite = await PGlite.create({ loadDataDir: new Blob([image]) });
  await toLocalEngine(pglite).migrate();
});
afterAll(() => pglite.close());

/** The columns that prisma/schema.prisma asks for. */
async function modelledColumns(): Promise<Column[]> {
  const schema = await readFile("prisma/schema.prisma", "utf8");
  const models = [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)];
  const names = new Set(models.map(([, name]) => name));
  return models.flatMap(([, table = "", body = ""]) =>
    [...body.matchAll(/^ {2}(\w+) +(\w+)(?:\("(\w+)"\))?(\[\]|\?)?( .*)?$/gm)]
      .filter(([, , type = ""]) => !names.has(type))
      .map(([, column = "", type = "", unsupported, mark, attributes = ""]) => ({
        table,
        column,
        type: toSqlType(type, unsupported, attributes) + (mark === "[]" ? "[]" : ""),
        // Prisma's lists are never null in its types, and its own migrations leave their columns nullable.
        isNullable: mark !== undefined,
      })),
  );
}

function toSqlType(type: string, unsupported: string | undefined, attributes: string): string {
  if (attributes.includes("@db.Uuid")) return "uuid";
  const precision = /@db\.Timestamptz\((\d)\)/.exec(attributes)?.[1];
  if (precision !== undefined) return `timestamp(${precision}) with time zone`;
  return unsupported ?? TYPES[type] ?? `unknown ${type}`;
}

async function migratedColumns(): Promise<Column[]> {
  const { rows } = await pglite.query<Column>(`
    SELECT c.relname AS "table", a.attname AS "column", format_type(a.atttypid, a.atttypmod) AS "type", NOT a.attnotnull AS "isNullable"
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_prisma_migrations'`);
  return rows;
}

const byName = (a: Column, b: Column) => (`${a.table}.${a.column}` < `${b.table}.${b.column}` ? -1 : 1);

test("The migrations make just the columns of the data model: their names, types and arrays, and which may be null.", async () => {
  const modelled = (await modelledColumns()).sort(byName);

  expect(modelled.length).toBeGreaterThan(50);
  expect((await migratedColumns()).sort(byName)).toEqual(modelled);
});

test("The default icon and colour are the same in the code, the database and the data model.", async () => {
  const { rows } = await pglite.query<{ column_name: string; column_default: string }>(
    `SELECT column_name, column_default FROM information_schema.columns
     WHERE table_name = 'Project' AND column_name IN ('icon', 'color') ORDER BY column_name DESC`,
  );
  const schema = await readFile("prisma/schema.prisma", "utf8");
  const modelled = [...schema.matchAll(/^ {2}(icon|color) +String +@default\("(\w+)"\)$/gm)].map(([, name, value]) => [name, value]);

  expect(rows.map(({ column_name, column_default }) => [column_name, column_default.split("'")[1]])).toEqual([
    ["icon", DEFAULT_ICON],
    ["color", DEFAULT_COLOR],
  ]);
  expect(modelled).toEqual([
    ["icon", DEFAULT_ICON],
    ["color", DEFAULT_COLOR],
  ]);
});

test("Every unique rule and index of the data model is there under Prisma's name for it.", async () => {
  const schema = await readFile("prisma/schema.prisma", "utf8");
  const expected = [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].flatMap(([, table = "", body = ""]) => [
    ...[...body.matchAll(/^ {2}(\w+) .*@unique/gm)].map(([, column]) => `${table}_${column}_key`),
    ...[...body.matchAll(/^ {2}@@(unique|index)\(\[([^\]]+)\]/gm)].map(
      ([, kind, columns = ""]) => `${table}_${columns.replaceAll(", ", "_")}_${kind === "unique" ? "key" : "idx"}`,
    ),
  ]);
  const { rows } = await pglite.query<{ indexname: string }>(`SELECT indexname FROM pg_indexes WHERE schemaname = 'public'`);

  expect(expected.length).toBeGreaterThan(10);
  expect(rows.map(({ indexname }) => indexname)).toEqual(expect.arrayContaining(expected));
});
