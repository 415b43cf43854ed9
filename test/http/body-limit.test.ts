import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

const LIMIT = 2_000;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer({ MAX_BODY_BYTES: String(LIMIT) });
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

/** A body of exactly this many bytes in UTF-8. */
function bodyOf(bytes: number): string {
  const frame = JSON.stringify({ query: "{ __typename } #é" });
  return frame.replace("é", `é${"x".repeat(bytes - Buffer.byteLength(frame))}`);
}

const headers = () => ({
  authorization: `Bearer ${key}`,
  "content-type": "application/json",
  accept: "application/graphql-response+json",
});

function send(body: BodyInit, more: Record<string, string> = {}) {
  const init = { method: "POST", headers: { ...headers(), ...more }, body, duplex: "half" };
  return server.send("/api/v1/graphql", init);
}

/** A body that comes in pieces, so that nobody knows its length before its end. */
function inPieces(pieces: Iterable<string | Uint8Array>, end: (controller: ReadableStreamDefaultController) => void = (it) => it.close()) {
  const iterator = pieces[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = iterator.next();
      if (done === true) end(controller);
      else controller.enqueue(typeof value === "string" ? new TextEncoder().encode(value) : value);
    },
  });
}

test("A body of MAX_BODY_BYTES is read, declared or in pieces.", async () => {
  const body = bodyOf(LIMIT);
  const declared = await send(body, { "content-length": String(LIMIT) });
  const pieces = await send(inPieces([body.slice(0, 700), body.slice(700)]));
  expect([declared.body, pieces.body]).toEqual([{ data: { __typename: "Query" } }, { data: { __typename: "Query" } }]);
});

test("A body that is declared to be larger is rejected with 413 before it is read.", async () => {
  let pulls = 0;
  const body = new ReadableStream({ pull: () => void (pulls += 1) }, { highWaterMark: 0 });
  const rejection = rejectionOf(await send(body, { "content-length": String(LIMIT + 1) }));
  expect(rejection).toMatchObject({ http: 413, status: 413, code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", limit: LIMIT });
  expect(rejection.exceeded).toBe("MAX_BODY_BYTES");
  expect(pulls).toBe(0);
});

test("A body in pieces is read no further than the limit, and rejected with 413.", async () => {
  let pieces = 0;
  function* long() {
    while (pieces < 1_000) {
      pieces += 1;
      yield "x".repeat(500);
    }
  }
  expect(rejectionOf(await send(inPieces(long())))).toMatchObject({ http: 413, reason: "INVALID_PARAMETER" });
  expect(pieces).toBeLessThan(10);
});

test("A body that breaks off is INVALID_FORMAT, and no failure of ours in the log.", async () => {
  const body = inPieces(['{"query":'], (controller) => controller.error(new Error("socket hang up")));
  expect(rejectionOf(await send(body))).toMatchObject({ http: 400, reason: "INVALID_FORMAT", message: "The body was cut off" });
  expect(server.takeLog()).toEqual([]);
});

test("A body that is no UTF-8 is INVALID_FORMAT.", async () => {
  const body = inPieces(['{"query":"{ __typename } #', new Uint8Array([0xff, 0xfe]), '"}']);
  expect(rejectionOf(await send(body))).toMatchObject({ http: 400, reason: "INVALID_FORMAT", message: "The body is not valid UTF-8" });
});
