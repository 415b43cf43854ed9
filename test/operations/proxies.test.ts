import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startBackstory, type Backstory } from "../support/cli.js";

const start = (trusted: string) => startBackstory({ TRUSTED_PROXIES: trusted, LOG_LEVEL: "silent", RATE_LIMIT_AUTH_FAILURES: "1/1m" });

let trusting: Backstory;
beforeAll(async () => {
  trusting = await start("loopback,10.0.0.0/8");
});
afterAll(() => trusting.stop());

/** Asks with a bad key; one such address may do so once a minute. */
async function fail(headers: Readonly<Record<string, string>>, server = trusting) {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer wrong-key", ...headers },
    body: "{}",
  };
  const answer = await fetch(`${server.url}/api/v1/graphql`, init);
  const { errors } = (await answer.json()) as { errors: { extensions: { documentationUrl: string } }[] };
  return { status: answer.status, link: errors[0]?.extensions.documentationUrl };
}

test("Behind a trusted proxy each client has its own address, and links have the address by which it reached the proxy.", async () => {
  const forwarded = { "x-forwarded-proto": "https", "x-forwarded-host": "backstory.example" };

  expect(await fail({ ...forwarded, "x-forwarded-for": "192.0.2.1" })).toEqual({
    status: 401,
    link: "https://backstory.example/errors#UNAUTHENTICATED",
  });
  expect((await fail({ "x-forwarded-for": "192.0.2.2, 10.1.2.3" })).status).toBe(401);
  expect((await fail({ "x-forwarded-for": "192.0.2.2" })).status).toBe(429);
  // What a client itself writes stands before what the proxy adds.
  expect((await fail({ "x-forwarded-for": "198.51.100.9, 192.0.2.1" })).status).toBe(429);
});

test.each([
  ["user@evil.example", "https"],
  ["evil.example:99999", "https"],
  ["evil.example/path", "https"],
  ["<script>", "https"],
  ["a".repeat(5_000), "https"],
  [undefined, "https"],
  ["backstory.example", undefined],
  ["backstory.example", "javascript"],
])("What a trusted proxy says of the host (%s) and scheme (%s) counts only if it is well-formed.", async (host, scheme) => {
  const forwarded = {
    ...(host === undefined ? {} : { "x-forwarded-host": host }),
    ...(scheme === undefined ? {} : { "x-forwarded-proto": scheme }),
  };
  const { link } = await fail({ ...forwarded, "x-forwarded-for": "192.0.2.50" });
  const name = host === "backstory.example" ? host : new URL(trusting.url).host;
  expect(link).toMatch(new RegExp(`^${scheme === "https" ? "https" : "http"}://${name}/errors#`));
});

test("The addresses of one IPv6 network count as one client, since any of them is its own to choose.", async () => {
  expect((await fail({ "x-forwarded-for": "2001:db8:1:2::1" })).status).toBe(401);
  expect((await fail({ "x-forwarded-for": "2001:DB8:1:2:ffff:ffff:ffff:ffff" })).status).toBe(429);
  expect((await fail({ "x-forwarded-for": "2001:db8:1:3::1" })).status).toBe(401);

  // An IPv4 address in the form of IPv6 is not one of a network that all of IPv4 is in.
  expect((await fail({ "x-forwarded-for": "::ffff:192.0.2.10" })).status).toBe(401);
  expect((await fail({ "x-forwarded-for": "192.0.2.10" })).status).toBe(429);
  expect((await fail({ "x-forwarded-for": "::ffff:192.0.2.11" })).status).toBe(401);
});

test("Nobody else is believed.", async () => {
  const server = await start("10.0.0.0/8");
  const forwarded = { "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "https", "x-forwarded-host": "evil.example" };
  try {
    expect((await fail(forwarded, server)).link).toBe(`${server.url}/errors#UNAUTHENTICATED`);
    expect((await fail({ "x-forwarded-for": "192.0.2.2" }, server)).status).toBe(429);
  } finally {
    await server.stop();
  }
});
