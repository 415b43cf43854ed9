import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { rejectionOf } from "../support/rejection.js";
import { CLIENT, startTestServer, type TestServer } from "../support/server.js";

/** The memory is 4,000,000 bytes: 1,000,000 for one key, 400,000 for all callers without one. */
const LIMITS = {
  ...{ MAX_BODY_BYTES: "1000000", MAX_UPLOAD_BYTES: "1000000", MAX_UNZIPPED_BYTES: "1000000", MAX_ANSWER_BYTES: "1000000" },
  MAX_CONTENT_MEMORY_BYTES: "4000000",
};

let server: TestServer;
afterEach(async () => {
  server.takeLog();
  await server.close();
});

type SlowBody = { readonly answer: Promise<Response>; readonly end: () => void };

/** Sends so many bytes of a body, and its end only when it is told to. */
async function hold(key: string | null, bytes: number, from = CLIENT): Promise<SlowBody> {
  await server.query(key, "{ __typename }"); // so that the key is known, and the body is read at once
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const authorization: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
  const init = { method: "POST", headers: { ...authorization, "content-type": "application/json" }, body: readable };
  const answer = server.fetch(new Request("http://backstory.test/api/v1/graphql", { ...init, ...{ duplex: "half" } }), from);
  void answer.catch(() => undefined);
  const text = JSON.stringify({ query: "{ __typename }", variables: { filler: "x".repeat(bytes - 60) } });
  void writer.write(Buffer.from(text)).catch(() => undefined); // a body that is rejected is not read on
  for (let turn = 0; turn < 50; turn += 1) await setImmediate(); // by then it has been read
  return { answer, end: () => void writer.close().catch(() => undefined) };
}

const large = (key: string) => server.query(key, "{ __typename }", { filler: "x".repeat(300_000) });
const small = (key: string | null) => server.query(key, "{ __typename }", { filler: "x".repeat(90_000) });

async function end(bodies: readonly SlowBody[]): Promise<number[]> {
  for (const body of bodies) body.end();
  return Promise.all(bodies.map(async ({ answer }) => (await answer).status));
}

test("One key's bodies take a quarter of the memory at most: its next large one is 503, and another key's is welcome.", async () => {
  server = await startTestServer(LIMITS);
  const [mine, others] = [await server.addUser(), await server.addUser()];
  const held = [await hold(mine.key, 480_000), await hold(mine.key, 480_000)];
  const rejected = await large(mine.key);
  expect(rejectionOf(rejected)).toMatchObject({ http: 503, reason: "UPSTREAM_UNAVAILABLE", retryable: true, retryAfter: 1 });
  expect(rejected.headers.get("retry-after")).toBe("1");
  expect((await large(others.key)).status).toBe(200);
  expect((await small(mine.key)).status).toBe(200);
  expect(await end(held)).toEqual([200, 200]);
  expect((await large(mine.key)).status).toBe(200);
});

test("When four keys hold all of the memory, a fifth one's large body is 503 until one ends, and small ones always pass.", async () => {
  server = await startTestServer(LIMITS);
  const users = await Promise.all(Array.from({ length: 5 }, () => server.addUser()));
  const held: SlowBody[] = [];
  for (const { key } of users.slice(0, 4)) held.push(await hold(key, 499_000), await hold(key, 499_000));
  const fifth = users[4]?.key ?? "";
  expect(rejectionOf(await large(fifth))).toMatchObject({ http: 503, reason: "UPSTREAM_UNAVAILABLE" });
  expect([(await small(fifth)).status, (await small(null)).status]).toEqual([200, 200]);
  expect(await end(held.splice(0, 2))).toEqual([200, 200]);
  expect((await large(fifth)).status).toBe(200);
  await end(held);
});

test("A body that breaks off, and one that is rejected, give their memory back.", async () => {
  server = await startTestServer(LIMITS);
  const { key } = await server.addUser();
  for (let round = 0; round < 10; round += 1) {
    let pieces = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (pieces === 4) return round % 2 === 0 ? controller.error(new Error("socket hang up")) : controller.close();
        pieces += 1;
        controller.enqueue(new Uint8Array(100_000).fill(0x20));
      },
    });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body, ...{ duplex: "half" } };
    expect((await server.fetch(new Request("http://backstory.test/api/v1/graphql", init), CLIENT)).status).toBe(400);
  }
  expect((await large(key)).status).toBe(200);
});

test("A body that brings less than 1 KB a second for ten seconds is 408, and one that brings more is read.", async () => {
  server = await startTestServer();
  const { key } = await server.addUser();
  const [slow, quick] = [await hold(key, 5_000), await hold(key, 50_000)];
  server.clock.advance(10_000);
  const answer = await slow.answer;
  expect(rejectionOf({ status: answer.status, headers: answer.headers, body: await answer.json() })).toMatchObject({
    http: answer.status,
    status: 408,
    reason: "INVALID_FORMAT",
    message: "The body arrives too slowly: less than 1 KB a second",
  });
  expect(await end([quick])).toEqual([200]);
});

test("A key that stores no sessions may send documents and filters, but no uploads.", async () => {
  server = await startTestServer();
  const reader = await server.addUser(undefined, ["projects:read", "sessions:read"]);
  const send = (bytes: number) => server.query(reader.key, "{ __typename }", { filler: "x".repeat(bytes) });
  expect((await send(1_900_000)).status).toBe(200);
  const rejection = rejectionOf(await send(2_100_000));
  expect(rejection).toMatchObject({ http: 413, reason: "INVALID_PARAMETER", limit: 2_000_000 });
  expect(rejection.message).toBe("The body is larger than 2000000 bytes (more needs the scope sessions:write)");
});
