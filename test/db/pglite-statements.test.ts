import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PGlite } from "@electric-sql/pglite";
import type { Engine } from "../../src/db/engine.js";
import { toLocalEngine } from "../support/local-engine.js";

let pglite: PGlite;
let engine: Engine;
beforeAll(async () => {
  pglite = await PGlite.create();
  engine = toLocalEngine(pglite);
});
afterAll(() => engine.close());

const prepared = async () => (await pglite.query<{ statement: string }>(`SELECT "statement" FROM pg_prepared_statements`)).rows;
const query = <Row extends object>(text: string, ...values: unknown[]) => engine.query<Row>({ text, values });

test("Every type comes as a query promises, and goes as it came.", async () => {
  const row = {
    int8: 9_007_199_254_740_993n,
    small: 5n,
    int4: -7,
    float8: 0.25,
    numeric: "1.50",
    time: new Date("2026-03-01T10:00:00.123Z"),
    text: "'quoted' \\ ü \u{1F600}",
    yes: true,
    uuid: "00000000-0000-4000-8000-000000000001",
    json: { a: [1, null] },
    bytes: Buffer.from([0, 255, 92, 39]),
    texts: ["a", 'b"c', "d,e", ""],
    int8s: [1n, 9_007_199_254_740_993n],
    none: [],
    missing: null,
  };
  const types = [
    "int8",
    "int8",
    "int4",
    "float8",
    "numeric",
    "timestamptz",
    "text",
    "bool",
    "uuid",
    "jsonb",
    "bytea",
    "text[]",
    "int8[]",
    "int8[]",
    "text",
  ];
  const columns = Object.keys(row).map((name, index) => `$${index + 1}::${types[index]} AS "${name}"`);

  expect(await query(`SELECT ${columns.join(", ")}`, ...Object.values(row))).toEqual([row]);
});

test("A text is prepared once, whatever its values are.", async () => {
  const text = "SELECT $1::int + 1 AS once";

  expect([await query(text, 1), await query(text, 2)]).toEqual([[{ once: 2 }], [{ once: 3 }]]);
  expect((await prepared()).filter(({ statement }) => statement === text)).toHaveLength(1);
});

test("A statement without rows gives none, and one that writes and returns gives them.", async () => {
  await query("CREATE TABLE written (a int PRIMARY KEY)");

  expect(await query("INSERT INTO written VALUES ($1)", 1)).toEqual([]);
  expect(await query("INSERT INTO written VALUES ($1) RETURNING a", 2)).toEqual([{ a: 2 }]);
});

test.each([
  ["in its text", "SELECT nothing FROM nowhere", [], "42P01"],
  ["in a value", "SELECT $1::int AS n", ["x"], "22P02"],
  ["while it runs", "SELECT 1 / $1::int AS n", [0], "22012"],
])("A mistake %s has PostgreSQL's code, and the next statement is not affected.", async (_where, text, values, code) => {
  await expect(query(text, ...values)).rejects.toMatchObject({ code });
  await expect(query(text, ...values)).rejects.toMatchObject({ code });
  expect(await query("SELECT 1 AS fine")).toEqual([{ fine: 1 }]);
});

test("A transaction takes effect as a whole, or, where a statement fails, not at all.", async () => {
  await query("CREATE TABLE moved (a int PRIMARY KEY)");
  const insert = (a: number) => ({ text: "INSERT INTO moved VALUES ($1)", values: [a] });

  await engine.transaction(async (inside) => {
    await inside(insert(1));
    await inside(insert(2));
  });
  const failed = engine.transaction(async (inside) => {
    await inside(insert(3));
    await inside(insert(1));
  });

  await expect(failed).rejects.toMatchObject({ code: "23505" });
  expect(await query("SELECT a FROM moved ORDER BY a")).toEqual([{ a: 1 }, { a: 2 }]);
});

test("A statement runs on after its table has got another column, and after all prepared statements were discarded.", async () => {
  await query("CREATE TABLE grown (a int)");
  await query("INSERT INTO grown VALUES (1)");
  const all = () => query("SELECT * FROM grown");
  expect(await all()).toEqual([{ a: 1 }]);

  await pglite.exec("ALTER TABLE grown ADD COLUMN b bigint DEFAULT 2");
  expect(await all()).toEqual([{ a: 1, b: 2n }]);
  await pglite.exec("DEALLOCATE ALL");
  expect(await all()).toEqual([{ a: 1, b: 2n }]);
});

test("In a transaction such a statement fails once, and the transaction can be begun again.", async () => {
  await query("CREATE TABLE widened (a int)");
  const all = () => engine.transaction((inside) => inside({ text: "SELECT * FROM widened", values: [] }));
  await all();

  await pglite.exec("ALTER TABLE widened ADD COLUMN b int");

  await expect(all()).rejects.toMatchObject({ code: "0A000" });
  expect(await all()).toEqual([]);
});

test("However many texts there are, at most 300 are prepared, and the others run all the same.", async () => {
  const used = "SELECT 'used' AS used";
  for (let index = 0; index < 350; index += 1) {
    await query(`SELECT ${index} AS n`);
    await query(used);
  }

  const statements = (await prepared()).map(({ statement }) => statement);
  expect(statements.length).toBeLessThanOrEqual(300);
  expect(statements).toContain(used);
  expect(statements).not.toContain("SELECT 349 AS n");
  expect(await query("SELECT 349 AS n")).toEqual([{ n: 349 }]);
});
