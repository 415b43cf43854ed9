import { createServer, type AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newCommandLine } from "../support/cli.js";

const KEY = "bks_live_a_key_for_all_the_traces";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

/** What is sent to the address of traces. */
async function collectTraces() {
  const bodies: Buffer[] = [];
  const paths = new Set<string>();
  const collector = createHttpServer((request, response) => {
    paths.add(request.url ?? "");
    request.on("data", (chunk: Buffer) => bodies.push(chunk)).on("end", () => response.end());
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const { port } = collector.address() as AddressInfo; // it listens on a port, so it has one
  return { url: `http://127.0.0.1:${port}`, paths, received: () => Buffer.concat(bodies), close: () => collector.close() };
}

let cli: Awaited<ReturnType<typeof newCommandLine>>;
beforeAll(async () => {
  cli = await newCommandLine({ BOOTSTRAP_API_KEY: KEY, LOG_LEVEL: "silent" });
});
afterAll(() => cli.remove());

async function start(settings: Readonly<Record<string, string>>) {
  const server = await cli.serve(settings);
  return { ...server, stop: () => server.kill("SIGINT") };
}

test("Requests, operations and statements are traced beneath the caller's trace, without keys and values.", async () => {
  const collector = await collectTraces();
  const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await fetch(`${server.url}/api/v1/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}`, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
    body: JSON.stringify({
      query: 'query FindIt($id: ID!) { project(id: $id) { id } sessions(filters: { tags: ["a literal secret"] }) { id } }',
      variables: { id: "a variable secret" },
    }),
  });
  await server.stop();
  collector.close();

  const received = collector.received();
  const text = received.toString("latin1");
  expect([...collector.paths]).toEqual(["/v1/traces"]);
  for (const name of ["backstory", "query FindIt", "database statement", "db.query.text", "backstory.request_id"])
    expect(text).toContain(name);
  expect(received.includes(Buffer.from(TRACE, "hex"))).toBe(true);
  expect(text).not.toMatch(/a literal secret|a variable secret|bks_live/);
});

test("An address of traces where nobody listens harms nothing.", async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const { port } = holder.address() as AddressInfo; // it listens on a port, so it has one
  await new Promise((resolve) => holder.close(resolve));
  const server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });

  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(await server.stop()).toBe(0);
});
