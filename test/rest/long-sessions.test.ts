import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { uuid } from "../support/actions.js";
import { longText } from "../support/long-texts.js";
import { putBody, restClient } from "../support/rest.js";
import { CLIENT, startTestServer, type TestServer, type TestUser } from "../support/server.js";

const PATH = `/projects/app/sessions/${uuid(1)}`;
const MARKDOWN = "text/markdown";
const DATA = "application/vnd.specstory.session-data+json";
const LONG = longText("🦕").repeat(3);

let server: TestServer;
let user: TestUser;
beforeEach(async () => {
  server = await startTestServer({ OPERATION_TIMEOUT_MS: "120000" });
  user = await server.addUser();
  const { status } = await put({ markdown: LONG, sessionData: LONG });
  expect(status).toBe(201);
});
afterEach(() => server.close());

const put = (overrides: Readonly<Record<string, unknown>>) => restClient(server, user.key).put(PATH, putBody(overrides));

/** An answer of which the client takes one chunk at a time. */
async function open(accept: string) {
  const headers = { authorization: `Bearer ${user.key}`, accept };
  const { body } = await server.fetch(new Request(`http://backstory.test/api/v1${PATH}`, { headers }), CLIENT);
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const chunks: Uint8Array[] = [];
  const next = async () => {
    const { done, value } = await reader.read();
    if (value !== undefined) chunks.push(value);
    return !done;
  };
  return {
    next,
    readAll: async () => {
      while (await next());
    },
    leave: () => reader.cancel(),
    received: () => Buffer.concat(chunks),
  };
}

const selects = (statements: readonly string[]) => statements.filter((sql) => sql.includes('FROM "SessionContentPart"'));

const OVERTAKING: [string, () => Promise<unknown>][] = [
  ["replaced by a long one", () => put({ markdown: longText("\r\n") })],
  ["replaced by a short one", () => put({ markdown: "short" })],
  ["deleted", () => restClient(server, user.key).delete(PATH)],
];

test.each(OVERTAKING)(
  "An answer whose session is %s while it is sent is cut off, and never a mix of two versions.",
  async (_what, overtake) => {
    const answer = await open(MARKDOWN);
    await answer.next();
    expect((await overtake()) as object).toMatchObject({ status: 200 });

    await expect(answer.readAll()).rejects.toMatchObject({ reason: "RESOURCE_CONFLICT" });
    const received = answer.received();
    expect(received.equals(Buffer.from(LONG).subarray(0, received.length))).toBe(true);
    expect(received.length).toBeLessThan(Buffer.byteLength(LONG));
    expect(server.lines.filter(({ reason }) => reason === "RESOURCE_CONFLICT")).toHaveLength(1);
  },
);

test("Session data that stays while the rest of its session is replaced is sent to its end.", async () => {
  const answer = await open(DATA);
  await answer.next();
  await put({ markdown: "short" });
  await answer.readAll();

  expect(answer.received().equals(Buffer.from(LONG))).toBe(true);
});

test("Each part is read when the client has taken the one before, and none for a client that has left.", async () => {
  const answer = await open("application/json");
  const read = await server.statementsOf(async () => {
    await answer.next();
    await answer.next();
  });
  const left = await server.statementsOf(async () => {
    await answer.leave();
    await new Promise((resolve) => setImmediate(resolve));
  });

  expect(selects(read).length).toBeLessThanOrEqual(2);
  expect(selects(left)).toEqual([]);
});

test("A long session is not read again by a client that has it already.", async () => {
  const client = restClient(server, user.key);
  const etag = (await client.head(PATH)).headers.get("etag") ?? "";
  const statements = await server.statementsOf(async () => {
    expect((await client.get(PATH, { "if-none-match": etag })).status).toBe(304);
  });

  expect(statements.filter((sql) => sql.includes("SessionContent"))).toEqual([]);
});
