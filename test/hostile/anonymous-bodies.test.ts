import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { failureOf } from "../support/rest.js";
import { startTestServer, type TestServer } from "../support/server.js";

const MOST = 100_000;

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

const JSON_TYPE = { "content-type": "application/json" };

/** A body of exactly this many bytes that begins with a JSON object; what follows is white space. */
const padded = (value: unknown, bytes: number) => JSON.stringify(value).padEnd(bytes, " ");

function post(path: string, body: BodyInit, headers: Readonly<Record<string, string>> = {}, to = server) {
  return to.send(`/api/v1${path}`, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body, ...{ duplex: "half" } });
}

const operation = (bytes: number) => padded({ query: "{ __typename }" }, bytes);
const login = (bytes: number) => padded({ device_code: "WRONG1" }, bytes);

/** A body that has no end; counts how often it was asked for more. */
function endless() {
  const asked = { times: 0 };
  const body = new ReadableStream({
    pull(controller) {
      asked.times += 1;
      controller.enqueue(new Uint8Array(10_000).fill(0x20));
    },
  });
  return { asked, body };
}

test("Without a key an operation may have 100,000 bytes, and one more is 413 that says what a larger one needs.", async () => {
  expect((await post("/graphql", operation(MOST))).body).toEqual({ data: { __typename: "Query" } });
  const rejection = rejectionOf(await post("/graphql", operation(MOST + 1)));
  expect(rejection).toMatchObject({ http: 413, status: 413, code: "VALIDATION_ERROR", reason: "INVALID_PARAMETER", limit: MOST });
  expect(rejection.message).toBe(`The body is larger than ${MOST} bytes (more needs an API key)`);
});

test("With a key the same operation is answered.", async () => {
  const { status, body } = await post("/graphql", operation(1_000_000), { authorization: `Bearer ${key}` });
  expect([status, body]).toEqual([200, { data: { __typename: "Query" } }]);
});

test("A large body with a wrong key is rejected for its key, unread.", async () => {
  const { asked, body } = endless();
  expect(rejectionOf(await post("/graphql", body, { authorization: "Bearer wrong" })).reason).toBe("INVALID_TOKEN");
  expect(asked.times).toBeLessThan(3);
});

test.each(["/graphql", "/device-login"])("A body without a key and without an end is read no further than the bound: %s.", async (path) => {
  const { asked, body } = endless();
  expect((await post(path, body)).status).toBe(413);
  expect(asked.times).toBeLessThan(15);
});

test("A device code may come in 100,000 bytes, zipped or not, and no more.", async () => {
  const zipped = (bytes: number) => post("/device-login", gzipSync(login(bytes)), { "content-encoding": "gzip" });
  for (const answer of [await post("/device-login", login(MOST)), await zipped(MOST)]) {
    expect(failureOf(answer)).toMatchObject({ http: 401, code: "INVALID_CREDENTIALS" });
  }
  for (const answer of [await post("/device-login", login(MOST + 1)), await zipped(MOST + 1)]) {
    expect(failureOf(answer)).toMatchObject({ http: 413, code: "INVALID_PARAMETER", limit: MOST });
  }
});

test("Where the settings allow less than that, they hold for who has no key too.", async () => {
  const narrow = await startTestServer({ MAX_BODY_BYTES: "2000", MAX_UPLOAD_BYTES: "3000", MAX_UNZIPPED_BYTES: "4000" });
  expect(rejectionOf(await post("/graphql", operation(2_001), {}, narrow))).toMatchObject({ limit: 2_000, exceeded: "MAX_BODY_BYTES" });
  expect(failureOf(await post("/device-login", login(3_001), {}, narrow))).toMatchObject({ limit: 3_000, exceeded: "MAX_UPLOAD_BYTES" });
  const zipped = await post("/device-login", gzipSync(login(4_001)), { "content-encoding": "gzip" }, narrow);
  expect(failureOf(zipped)).toMatchObject({ limit: 4_000, exceeded: "MAX_UNZIPPED_BYTES" });
  await narrow.close();
});
