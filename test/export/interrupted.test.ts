import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { askForExport, exportOf, unpack } from "../support/archive.js";
import { failureOf, putBody, restClient, type RestClient } from "../support/rest.js";
import { uuid } from "../support/actions.js";
import { startTestServer, type TestServer } from "../support/server.js";

/** More than the buffers on the way to the client hold, also after compression. */
const LONG = 12_000_000;

let server: TestServer;
let key: string;
let client: RestClient;
beforeEach(async () => {
  server = await startTestServer({ MAX_OPERATIONS: "2" });
  ({ key } = await server.addUser());
  client = restClient(server, key);
});
afterEach(() => server.close());

/** More than the files before the first session have. */
const BEGUN_BYTES = 200_000;

/** A text that hardly becomes shorter by compression. */
function incompressible(length: number): string {
  let state = 1;
  const pieces: string[] = [];
  for (let size = 0; size < length; size += 6) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    pieces.push(state.toString(36).padStart(7, "0").slice(1));
  }
  return pieces.join("");
}

const store = (number: number, length: number) =>
  client.put(`/projects/app/sessions/${uuid(number)}`, putBody({ markdown: incompressible(length) }));

/** Reads a little of an export, and leaves the rest. */
async function begin(init?: RequestInit) {
  const answer = await askForExport(server, key, init);
  expect(answer.status).toBe(200);
  if (answer.body === null) throw new Error("The export has no body");
  const reader = answer.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const chunks: Uint8Array[] = [];
  for (let bytes = 0; bytes < BEGUN_BYTES; bytes += chunks.at(-1)?.length ?? 0)
    chunks.push((await reader.read()).value ?? new Uint8Array());
  return {
    reader,
    /** Reads the rest: all that came until it ended or broke off, and the error with which it broke off. */
    async rest() {
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
        return { bytes: Buffer.concat(chunks), error: null };
      } catch (error) {
        return { bytes: Buffer.concat(chunks), error };
      }
    },
  };
}

const running = async () => Number(/backstory_operations\{state="running"\} (\d+)/.exec((await server.send("/metrics")).body)?.[1]);

test("A user has one export at a time; when it has ended, the next may begin.", async () => {
  await store(1, LONG);
  const { rest } = await begin();
  expect(failureOf(await client.get("/export"))).toMatchObject({
    http: 409,
    code: "RESOURCE_CONFLICT",
    message: "An export of this user is being made: wait until it ends",
  });
  const other = await server.addUser();
  expect((await exportOf(server, other.key)).paths).toContain("user.json");
  const { bytes, error } = await rest();
  expect(error).toBeNull();
  expect((await unpack(bytes)).size).toBe(7);
  expect((await exportOf(server, key)).paths).toHaveLength(7);
});

test("A client that goes away gives its slot back, and may begin again at once.", async () => {
  await store(1, LONG);
  const { reader } = await begin();
  expect(await running()).toBe(1);
  await reader.cancel();
  expect(await running()).toBe(0);
  expect((await exportOf(server, key)).paths).toHaveLength(7);
});

test("While a client reads nothing, the database serves everybody, the client's own requests too.", async () => {
  await store(1, LONG);
  const { reader } = await begin();
  expect((await client.get("/projects")).body.data.total).toBe(1);
  expect((await store(2, 10)).status).toBe(201);
  const statements = await server.everyStatementOf(() => Promise.resolve());
  expect(statements).toEqual([]);
  await reader.cancel();
});

test("An export whose session of more than 8 MB is replaced meanwhile breaks off: what came has no end, and the log says why.", async () => {
  await store(1, 2 * LONG);
  const { rest } = await begin();
  expect((await store(1, 10)).status).toBe(200);
  const { bytes, error } = await rest();
  expect(error).not.toBeNull();
  expect(() => gunzipSync(bytes)).toThrow("unexpected end of file");
  expect(await running()).toBe(0);
  expect((await exportOf(server, key)).paths).toHaveLength(7);
});

test("An export that loses the database breaks off as well, and one that begins without it is an error.", async () => {
  await store(1, 2 * LONG);
  await client.get("/projects");
  const { rest } = await begin();
  await server.loseDatabase();
  const { bytes, error } = await rest();
  expect(error).not.toBeNull();
  expect(() => gunzipSync(bytes)).toThrow("unexpected end of file");
  expect((await client.get("/export")).status).toBeGreaterThanOrEqual(500);
  server.takeLog();
});

test("A session that is deleted before its turn is left out.", async () => {
  await store(1, LONG);
  for (const number of [2, 3]) await store(number, 10);
  const { rest } = await begin();
  await client.delete(`/projects/app/sessions/${uuid(3)}`);
  const { bytes, error } = await rest();
  expect(error).toBeNull();
  const files = [...(await unpack(bytes)).keys()].filter((path) => path.endsWith("/session.json"));
  expect(files.map((path) => path.includes(uuid(3)))).toEqual([false, false]);
});
