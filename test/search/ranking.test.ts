import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { run, save } from "../support/actions.js";
import { namesFound, search } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

test("A word in the name outranks one in the tags, and that any number of them in the content.", async () => {
  await save(server, key, { name: "content often", markdown: "giraffe ".repeat(500) });
  await save(server, key, { name: "content once", markdown: "One giraffe among many other words. ".padEnd(2_000, "filler ") });
  await save(server, key, { name: "tagged", metadata: { tags: ["giraffe"] } });
  await save(server, key, { name: "A giraffe", markdown: "Nothing of it here" });

  const { total, results } = await search(server, key, "giraffe");

  expect(results.map(({ name }) => name)).toEqual(["A giraffe", "tagged", "content often", "content once"]);
  expect(total).toBe(4);
  for (const { rank } of results) expect(rank > 0 && rank <= 1).toBe(true);
  expect([...results].sort((a, b) => b.rank - a.rank)).toEqual(results);
});

test("A rank is the number that PostgreSQL computed, in single precision, to its last digit.", async () => {
  await save(server, key, { name: "ranked", markdown: "okapi" });
  const { results } = await search(server, key, "okapi");
  for (const { rank } of results) expect(rank).toBe(Math.fround(rank));
  expect(results).toHaveLength(1);
});

test("The same holds for several words, however often and close together they stand in the content.", async () => {
  await save(server, key, { name: "only text", markdown: "walrus iceberg ".repeat(300) });
  await save(server, key, { name: "tags", metadata: { tags: ["walrus", "iceberg"] } });
  await save(server, key, { name: "The walrus", markdown: "and at last an iceberg" });
  await save(server, key, { name: "Iceberg and walrus" });

  expect(await namesFound(server, key, "walrus iceberg")).toEqual(["Iceberg and walrus", "The walrus", "tags", "only text"]);
});

test("Equal matches are ordered by their creation, the newest first.", async () => {
  for (const name of ["first", "second", "third"]) {
    server.clock.advance(1_000);
    await save(server, key, { name, markdown: "platypus" });
  }

  expect(await namesFound(server, key, "platypus")).toEqual(["third", "second", "first"]);
});

test("The total counts every match, however few are asked for.", async () => {
  for (let number = 0; number < 15; number += 1) await save(server, key, { name: `N${number}`, markdown: "armadillo" });
  const counts = async (limit?: number) => {
    const { total, results } = await search(server, key, "armadillo", limit);
    return [total, results.length];
  };

  expect(await counts()).toEqual([15, 10]);
  expect(await counts(1)).toEqual([15, 1]);
  expect(await counts(200)).toEqual([15, 15]);
  expect(await search(server, key, "no-such-word")).toEqual({ total: 0, results: [] });
});

test.each([0, -1, 201])("A limit of %i is a VALIDATION_ERROR that names it.", async (limit) => {
  const { data, errors } = await run(server, key, `{ searchSessions(query: "x", limit: ${limit}) { total } }`);

  expect(data).toEqual({ searchSessions: null });
  expect(errors).toMatchObject([{ reason: "INVALID_PARAMETER", fields: [{ path: ["limit"] }] }]);
});
