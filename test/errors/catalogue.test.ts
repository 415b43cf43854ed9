import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { catalogue, errorReasons } from "../../src/core/errors/catalogue.js";
import { CLIENT, startTestServer, type TestServer } from "../support/server.js";

/** All errors that clients may get: code, reason, status, and whether a retry may help. */
const EXPECTED = `
UNAUTHENTICATED       MISSING_TOKEN          401 no
UNAUTHENTICATED       INVALID_TOKEN          401 no
UNAUTHENTICATED       INVALID_CREDENTIALS    401 no
UNAUTHENTICATED       ACCOUNT_LOCKED         401 no
FORBIDDEN             INSUFFICIENT_SCOPE     403 no
FORBIDDEN             ACCESS_DENIED          403 no
NOT_FOUND             RESOURCE_NOT_FOUND     404 no
NOT_FOUND             ENDPOINT_NOT_FOUND     404 no
VALIDATION_ERROR      MISSING_REQUIRED_FIELD 400 no
VALIDATION_ERROR      INVALID_FORMAT         400 no
VALIDATION_ERROR      INVALID_PARAMETER      400 no
CONFLICT              RESOURCE_CONFLICT      409 no
RATE_LIMITED          RATE_LIMIT_EXCEEDED    429 yes
RATE_LIMITED          QUOTA_EXCEEDED         429 no
INTERNAL_SERVER_ERROR INTERNAL_ERROR         500 yes
BAD_GATEWAY           UPSTREAM_ERROR         502 yes
SERVICE_UNAVAILABLE   UPSTREAM_UNAVAILABLE   503 yes
GATEWAY_TIMEOUT       UPSTREAM_TIMEOUT       504 yes`;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

type Entry = { code: string; reason: string; httpStatus: number; retryable: boolean; description: string; solution: string };
type EnumValue = { name: string; description: string };

async function readCatalogue(): Promise<Entry[]> {
  const { body } = await server.query(null, "{ errorCatalog { code reason httpStatus retryable description solution } }");
  return body.data.errorCatalog;
}

async function readEnum(name: string): Promise<EnumValue[]> {
  const { body } = await server.query(null, `{ __type(name: "${name}") { enumValues { name description } } }`);
  return body.data.__type.enumValues;
}

test("errorCatalog has exactly these errors, and needs no key.", async () => {
  const rows = (await readCatalogue()).map(({ code, reason, httpStatus, retryable }) =>
    [code, reason, httpStatus, retryable ? "yes" : "no"].join(" "),
  );
  const expected = EXPECTED.trim().replaceAll(/ +/g, " ").split("\n");
  expect(rows.toSorted()).toEqual(expected.toSorted());
});

test("errorCatalog, the enums of the schema and the reference page agree.", async () => {
  const entries = await readCatalogue();
  expect(entries).toEqual(errorReasons.map((reason) => ({ reason, ...catalogue[reason], message: undefined })));
  expect((await readEnum("ErrorReason")).map(({ name }) => name).toSorted()).toEqual(entries.map(({ reason }) => reason).toSorted());
  expect((await readEnum("ErrorCode")).map(({ name }) => name).toSorted()).toEqual(
    [...new Set(entries.map(({ code }) => code))].toSorted(),
  );
});

test("Every value of both enums has a description: that of its entry, or of all entries of its code.", async () => {
  const entries = await readCatalogue();
  for (const { name, description } of await readEnum("ErrorReason")) {
    expect(description).toBe(entries.find(({ reason }) => reason === name)?.description);
  }
  for (const { name, description } of await readEnum("ErrorCode")) {
    for (const entry of entries.filter(({ code }) => code === name)) expect(description).toContain(entry.description);
  }
});

test("The reference page has an anchor for every code and reason, and none for anything else.", async () => {
  const { status, headers, body } = await server.send("/errors");
  expect([status, headers.get("content-type")]).toEqual([200, "text/html; charset=UTF-8"]);
  const anchors = [...(body as string).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  const names = (await readCatalogue()).flatMap(({ code, reason }) => [code, reason]);
  expect(anchors.toSorted()).toEqual([...new Set(names)].toSorted());
});

test("The reference page says of each entry its status, when it happens, whether to retry and what to do.", async () => {
  const { body } = await server.send("/errors");
  const articles = new Map([...(body as string).matchAll(/<article id="(\w+)">(.*?)<\/article>/gs)].map(([, id, text]) => [id, text]));
  for (const { reason, httpStatus, retryable, description, solution } of await readCatalogue()) {
    const text = articles.get(reason);
    expect(text).toContain(`HTTP ${httpStatus}`);
    expect(text).toContain(retryable ? "may be retried" : "retrying will not help");
    expect(text).toContain(description);
    expect(text).toContain(solution);
  }
});

test("An error's documentationUrl leads to its code on the reference page of the address that the client used.", async () => {
  const request = new Request("https://backstory.example:8443/api/v1/graphql?query={projects{id}}");
  const { errors } = (await (await server.fetch(request, CLIENT)).json()) as {
    errors: [{ extensions: { documentationUrl: string } }];
  };
  const url = new URL(errors[0].extensions.documentationUrl);
  expect(url.href).toBe("https://backstory.example:8443/errors#UNAUTHENTICATED");
  const { body } = await server.send(url.pathname);
  expect(body).toContain(`id="${url.hash.slice(1)}"`);
});
