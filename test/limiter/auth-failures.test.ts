import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
let key: string;
beforeAll(async () => {
  server = await startTestServer();
  key = (await server.addUser()).key;
});
afterAll(() => server.close());

let addresses = 0;
const newAddress = () => `198.51.100.${(addresses += 1)}`;

function askFrom(address: string, authorization: string | null) {
  return server.send(
    "/api/v1/graphql",
    {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json",
        ...(authorization === null ? {} : { authorization }),
      },
      body: '{"query":"{ __typename }"}',
    },
    address,
  );
}

async function guess(address: string, times: number) {
  return Promise.all(Array.from({ length: times }, (_, index) => askFrom(address, `Bearer bks_live_guess${index}`)));
}

test("Sixty wrong keys a minute from one address are rejected as such, and the next one is RATE_LIMITED.", async () => {
  const address = newAddress();
  const wrong = await guess(address, 60);
  expect(wrong.every(({ status }) => status === 401)).toBe(true);
  const answer = await askFrom(address, "Bearer bks_live_one_more");
  expect(rejectionOf(answer)).toMatchObject({ http: 429, code: "RATE_LIMITED", reason: "RATE_LIMIT_EXCEEDED", limit: 60, retryAfter: 60 });
  expect(answer.headers.get("retry-after")).toBe("60");
  expect(answer.headers.get("www-authenticate")).toBeNull();
});

test("A good key from that address still works, and so does a caller without one.", async () => {
  const address = newAddress();
  await guess(address, 70);
  expect((await askFrom(address, `Bearer ${key}`)).status).toBe(200);
  expect((await askFrom(address, null)).status).toBe(200);
  expect((await askFrom(address, "Bearer wrong")).status).toBe(429);
});

test("Another address may still be wrong.", async () => {
  await guess(newAddress(), 70);
  expect((await askFrom(newAddress(), "Bearer wrong")).status).toBe(401);
});

test("Of many wrong keys at once exactly sixty learn that they are wrong.", async () => {
  const answers = await guess(newAddress(), 200);
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(60);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(140);
});

test.each(["Basic dXNlcjpwYXNz", "Bearer", "Bearer two words", "bks_live_without_a_scheme"])(
  "Every kind of failed authentication counts: %s.",
  async (authorization) => {
    const address = newAddress();
    await guess(address, 59);
    expect((await askFrom(address, authorization)).status).toBe(401);
    expect((await askFrom(address, authorization)).status).toBe(429);
  },
);

test("After the window the address may be wrong again.", async () => {
  const address = newAddress();
  await guess(address, 61);
  server.clock.advance(60_000);
  expect((await askFrom(address, "Bearer wrong")).status).toBe(401);
});

test("RATE_LIMIT_AUTH_FAILURES sets how many.", async () => {
  const strict = await startTestServer({ RATE_LIMIT_AUTH_FAILURES: "1/1h" });
  expect((await strict.query("wrong", "{ __typename }")).status).toBe(401);
  expect(rejectionOf(await strict.query("wrong", "{ __typename }"))).toMatchObject({ http: 429, retryAfter: 3_600, limit: 1 });
  await strict.close();
});
