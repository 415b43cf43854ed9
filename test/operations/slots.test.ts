import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { listen } from "../support/listen.js";
import { restClient } from "../support/rest.js";
import { rejectionOf } from "../support/rejection.js";
import { CLIENT, startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
afterEach(async () => {
  server.takeLog();
  await server.close();
});

/** Waits until the metrics show so many running operations and so many waiting ones. */
async function untilCounted(running: number, waiting: number): Promise<void> {
  const wanted = [`backstory_operations{state="running"} ${running}\n`, `backstory_operations{state="waiting"} ${waiting}\n`];
  for (;;) {
    const { body } = await server.send("/metrics");
    if (wanted.every((line) => String(body).includes(line))) return;
    await setImmediate();
  }
}

/** Keeps operations that ask who the caller is waiting for as long as something runs. */
function whileBusy<T>(run: () => Promise<T>): Promise<T> {
  return server.prisma.$transaction(
    async (transaction) => {
      await transaction.$executeRaw`LOCK TABLE "User" IN ACCESS EXCLUSIVE MODE`;
      return run();
    },
    { timeout: 60_000 },
  );
}

/** A user whose key the server has seen, so that its operations need not wait for a look-up before they take a slot. */
async function addKnownUser() {
  const user = await server.addUser();
  await server.query(user.key, "{ __typename }");
  return user;
}

type SlowBody = { readonly answer: Promise<Response>; readonly send: (text: string) => void; readonly end: () => void };

/** Opens a request whose body the test sends piece by piece. */
function postSlowly(key: string): SlowBody {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const init = { method: "POST", headers: { authorization: `Bearer ${key}`, "content-type": "application/json" }, body: readable };
  const request = new Request("http://backstory.test/api/v1/graphql", { ...init, ...{ duplex: "half" } });
  return {
    answer: server.fetch(request, CLIENT),
    send: (text) => void writer.write(new TextEncoder().encode(text)),
    end: () => void writer.close(),
  };
}

test("Who would wait longer than MAX_QUEUE_MS is rejected at once in the form of each surface, and who waits is answered.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", MAX_QUEUE_MS: "60000" });
  const { key } = await addKnownUser();
  const [graphql, rest, answers] = await whileBusy(async () => {
    const waiting = [server.query(key, "{ viewer { id } }"), server.query(key, "{ viewer { id } }")];
    await untilCounted(1, 1);
    server.clock.advance(60_001);
    const rejected = [await server.query(key, "{ viewer { id } }"), await restClient(server, key).get("/projects")] as const;
    return [...rejected, waiting] as const;
  });

  expect(rejectionOf(graphql)).toMatchObject({ http: 503, code: "SERVICE_UNAVAILABLE", reason: "UPSTREAM_UNAVAILABLE", retryAfter: 1 });
  expect(graphql.headers.get("retry-after")).toBe("1");
  expect(graphql.headers.get("x-request-id")).toBe(graphql.body.errors[0].extensions.requestId);
  expect(graphql.headers.get("access-control-allow-origin")).toBe("*");
  expect([rest.status, rest.body.success, rest.body.error.code]).toEqual([503, false, "UPSTREAM_UNAVAILABLE"]);
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await server.query(key, "{ viewer { id } }")).status).toBe(200);
  expect(server.takeLog()).toMatchObject([{ level: 40, rejected: 1, msg: expect.stringContaining("overloaded") }]);
});

test("Of requests that come together, as many pass as there are places in the queue, and the others are rejected before any work.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", MAX_QUEUE_MS: "60000", RATE_LIMIT_GRAPHQL: "100000/1h" });
  const { key } = await addKnownUser();
  const ask = () => server.query(key, "{ viewer { id } }");
  const isRejected: boolean[] = [];
  const [log, asked] = await whileBusy(async () => {
    const waiting = Array.from({ length: 1_000 }, ask); // one more may wait
    await untilCounted(1, 999);
    const together = Array.from({ length: 20 }, () => ask().then(({ status }) => void isRejected.push(status === 503)));
    while (isRejected.length < 19) await setImmediate();
    return [server.takeLog(), [...waiting, ...together]] as const;
  });

  await Promise.all(asked);
  expect(isRejected).toEqual([...Array<boolean>(19).fill(true), false]);
  // What is rejected later has a line of its own.
  expect(log).toMatchObject([{ rejected: 1, msg: expect.stringContaining("overloaded") }]);
});

test("The line of the log for rejections comes at most once a second, also when the system's time is set forward.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", MAX_QUEUE_MS: "60000" });
  const { key } = await addKnownUser();
  const ask = () => server.query(key, "{ viewer { id } }");
  const logged = await whileBusy(async () => {
    const waiting = [ask(), ask()];
    await untilCounted(1, 1);
    server.clock.advance(60_001);
    const rejected = [(await ask()).status];
    server.clock.step(86_400_000);
    rejected.push((await ask()).status);
    expect(rejected).toEqual([503, 503]);
    return [server.takeLog(), waiting] as const;
  });

  await Promise.all(logged[1]);
  expect(logged[0]).toMatchObject([{ rejected: 1, msg: expect.stringContaining("overloaded") }]);
});

test("What is rejected at once is a whole answer over a real line, also to HEAD, and its connection takes the next request.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", MAX_QUEUE_MS: "60000" });
  const { key } = await addKnownUser();
  const { url, stop } = await listen(server);
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "x-request-id": "mine" };
  const post = (accept: string) => fetch(url, { method: "POST", headers: { ...headers, accept }, body: '{"query":"{ viewer { id } }"}' });
  const [rejected, problem, head, waiting] = await whileBusy(async () => {
    const others = [server.query(key, "{ viewer { id } }"), server.query(key, "{ viewer { id } }")];
    await untilCounted(1, 1);
    server.clock.advance(60_001);
    const projects = url.replace("graphql", "projects");
    const asProblem = await fetch(projects, { headers: { ...headers, accept: "application/problem+json" } });
    return [
      await post("application/graphql-response+json"),
      asProblem,
      await fetch(projects, { method: "HEAD", headers }),
      others,
    ] as const;
  });
  await Promise.all(waiting);
  expect([rejected.status, rejected.headers.get("content-type")]).toEqual([503, "application/graphql-response+json; charset=utf-8"]);
  expect(await rejected.json()).toMatchObject({
    errors: [{ extensions: { reason: "UPSTREAM_UNAVAILABLE", requestId: "mine", documentationUrl: new URL("/errors#SERVICE_UNAVAILABLE", url).href } }], // prettier-ignore
  });
  expect([problem.status, problem.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
  expect(await problem.json()).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", type: new URL("/errors#UPSTREAM_UNAVAILABLE", url).href });
  expect([head.status, head.headers.get("retry-after"), await head.text()]).toEqual([503, "1", ""]);
  expect((await post("application/json")).status).toBe(200);
  await stop();
});

test("Pages and the operator's addresses are answered while operations are rejected.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", MAX_QUEUE_MS: "60000" });
  const { key } = await addKnownUser();
  const answers = await whileBusy(async () => {
    const waiting = [server.query(key, "{ viewer { id } }"), server.query(key, "{ viewer { id } }")];
    await untilCounted(1, 1);
    server.clock.advance(60_001);
    expect((await server.query(key, "{ viewer { id } }")).status).toBe(503);
    for (const path of ["/healthz", "/errors", "/metrics"]) expect((await server.send(path)).status).toBe(200);
    return waiting;
  });
  await Promise.all(answers);
});

test("The one slow answer of a process that is not warm yet is no pace by which others are rejected.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "2", MAX_QUEUE_MS: "60000" });
  const { key } = await addKnownUser();
  const ask = () => server.query(key, "{ viewer { id } }");
  const first = await whileBusy(async () => {
    const answers = [ask(), ask(), ask()];
    await untilCounted(2, 1);
    server.clock.advance(50_000);
    return answers;
  });
  const statuses = (await Promise.all(first)).map(({ status }) => status);
  await ask(); // so that the key is known
  const later = await whileBusy(async () => {
    const answers = [ask(), ask(), ask()];
    await untilCounted(2, 1);
    return [...answers, ask()];
  });
  statuses.push(...(await Promise.all(later)).map(({ status }) => status));
  expect(statuses).toEqual(Array(7).fill(200));
});

test("Who has waited for MAX_QUEUE_MS without a slot is rejected, too.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", MAX_QUEUE_MS: "50" });
  const { key } = await addKnownUser();
  const [rejected, waiting] = await whileBusy(async () => {
    const first = server.query(key, "{ viewer { id } }");
    await untilCounted(1, 0);
    return [await server.query(key, "{ viewer { id } }"), [first]] as const;
  });
  await Promise.all(waiting);
  expect(rejectionOf(rejected)).toMatchObject({ http: 503, reason: "UPSTREAM_UNAVAILABLE" });
});

test("A client that is slow to send its body holds no slot.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1" });
  const { key } = await addKnownUser();
  const slow = postSlowly(key);
  slow.send('{"query":');
  expect((await server.query(key, "{ __typename }")).body).toEqual({ data: { __typename: "Query" } });

  slow.send('"{ viewer { id } }"}');
  slow.end();
  expect(await (await slow.answer).json()).toMatchObject({ data: { viewer: { id: expect.any(String) } } });
  await untilCounted(0, 0);
});

test("Bodies count when they arrive: announced ones keep nobody from being served.", async () => {
  const each = { MAX_BODY_BYTES: "1000000", MAX_UPLOAD_BYTES: "1000000", MAX_UNZIPPED_BYTES: "1000000", MAX_ANSWER_BYTES: "1000000" };
  server = await startTestServer({ ...each, MAX_CONTENT_MEMORY_BYTES: "4000000" });
  const { key } = await server.addUser();
  const { url, stop } = await listen(server);
  const head = [
    `POST /api/v1/graphql HTTP/1.1`,
    "Host: localhost",
    `Authorization: Bearer ${key}`,
    "Content-Type: application/json",
    "Content-Length: 1000000",
  ];
  const silent = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      await once(socket, "connect");
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      return socket;
    }),
  );
  expect((await server.query(key, "{ __typename }", { filler: "x".repeat(900_000) })).status).toBe(200);
  for (const socket of silent) socket.destroy();
  await stop();
});

test("A caller over the limit is rejected at once, while all others wait.", async () => {
  server = await startTestServer({ MAX_OPERATIONS: "1", RATE_LIMIT_GRAPHQL: "3/1h" });
  const { key } = await addKnownUser();
  const [limited, waiting] = await whileBusy(async () => {
    const allowed = [server.query(key, "{ viewer { id } }"), server.query(key, "{ viewer { id } }")];
    await untilCounted(1, 1);
    const rejected = server.query(key, "{ viewer { id } }");
    const first = await Promise.race([rejected, ...allowed]);
    return [first, allowed] as const;
  });
  expect(rejectionOf(limited)).toMatchObject({ http: 429, reason: "RATE_LIMIT_EXCEEDED" });
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
});

test("A burst of 1,000 operations of one key ends as its limit says, and never with 503.", async () => {
  server = await startTestServer({ LOG_LEVEL: "warn", MAX_QUEUE_MS: "2000" });
  const { key } = await server.addUser();
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => server.query(key, "{ viewer { id } }")));
  const statuses = answers.map(({ status }) => status);
  expect([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length]).toEqual([500, 500]);
});
