import { expect, test } from "@jest/globals";
import { createDocumentCache } from "../../src/server/graphql/document-cache.js";

test("The documents asked for last are remembered, and those not asked for the longest are forgotten.", () => {
  const cache = createDocumentCache<number>();
  for (let index = 0; index < 250; index += 1) cache.set(`{ n${index} }`, index);
  expect(cache.get("{ n0 }")).toBe(0);
  cache.set("{ one more }", -1);
  expect([cache.get("{ n0 }"), cache.get("{ n1 }"), cache.get("{ n2 }"), cache.get("{ one more }")]).toEqual([0, undefined, 2, -1]);
});

test("A document that is longer than usual is not remembered, however often it comes.", () => {
  const cache = createDocumentCache<string>();
  const long = `{ __typename } #${"x".repeat(20_000)}`;
  cache.set(long, "parsed");
  cache.set(long, "parsed");
  expect(cache.get(long)).toBeUndefined();
});
