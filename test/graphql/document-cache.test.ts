import { expect, test } from "@jest/globals";
import { createDocumentCache } from "../../src/server/graphql/document-cache.js";

test("The documents asked for last are remembered, and those not asked for the longest are forgotten.", () => {
  const cache = createDocumentCache<number>();
  for (let index = 0; index < 125; index += 1) cache.set(`{ n${index} }`, index);
  cache.set("{ one more }", -1);
  expect([cache.get("{ n0 }"), cache.get("{ n1 }"), cache.get("{ one more }")]).toEqual([0, 1, -1]);
  for (let index = 0; index < 125; index += 1) {
    cache.set(`{ later${index} }`, index);
    expect(cache.get("{ n0 }")).toBe(0);
  }
  expect([cache.get("{ n2 }"), cache.get("{ later0 }"), cache.get("{ later124 }")]).toEqual([undefined, 0, 124]);
});

test("However many documents come, a bounded number is remembered.", () => {
  const cache = createDocumentCache<number>();
  const names = Array.from({ length: 2_000 }, (_, index) => `{ n${index} }`);
  names.forEach((name, index) => cache.set(name, index));
  expect(names.filter((name) => cache.get(name) !== undefined).length).toBeLessThanOrEqual(250);
});

test("A document that is longer than usual is not remembered, however often it comes.", () => {
  const cache = createDocumentCache<string>();
  const long = `{ __typename } #${"x".repeat(20_000)}`;
  cache.set(long, "parsed");
  cache.set(long, "parsed");
  expect(cache.get(long)).toBeUndefined();
});
