import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startBackstory, type Backstory } from "../support/cli.js";

let server: Backstory;
beforeAll(async () => {
  server = await startBackstory({ REQUEST_TIMEOUT_MS: "400", LOG_LEVEL: "silent" });
});
afterAll(() => server.stop());

/** All that the server sends to who sends this and then nothing more. */
function sendInPart(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk.toString())).on("error", () => undefined);
    socket.on("close", () => resolve(answer));
  });
}

const HEAD = "POST /api/v1/graphql HTTP/1.1\r\nHost: localhost\r\n";

test.each([
  ["headers do", HEAD],
  ["body does", `${HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query":`],
])("A request whose %s not arrive within REQUEST_TIMEOUT_MS is answered with 408 and its connection closed.", async (_part, text) => {
  const answer = await sendInPart(text);
  const [head = "", body = ""] = answer.split("\r\n\r\n");

  expect(head).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(JSON.parse(body)).toMatchObject({ success: false, error: { code: "INVALID_FORMAT", details: { requestId: expect.any(String) } } });
});
