import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache, ServerError } from "@apollo/client";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Client, fetchExchange } from "@urql/core";
import { listen } from "../support/listen.js";
import { startTestServer, type TestServer } from "../support/server.js";

const PARTIAL = '{ projects { id name } project(id: "missing") { name } }';

let server: TestServer;
let socket: Awaited<ReturnType<typeof listen>>;
let key: string;

beforeAll(async () => {
  server = await startTestServer();
  socket = await listen(server);
  ({ key } = await server.addUser());
  await server.query(key, `mutation { createProject(input: { id: "mine", name: "Mine" }) { project { id } } }`);
});
afterAll(async () => {
  await socket.stop();
  await server.close();
});

function apollo(token: string | null) {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  return new ApolloClient({ link: new HttpLink({ uri: socket.url, headers }), cache: new InMemoryCache() });
}

function urql(token: string) {
  const fetchOptions = { headers: { authorization: `Bearer ${token}` } };
  return new Client({ url: socket.url, exchanges: [fetchExchange], fetchOptions, preferGetMethod: false });
}

test('Apollo Client with errorPolicy "all" gets the partial data together with extensions.code.', async () => {
  const { data, error } = await apollo(key).query({ query: gql(PARTIAL), errorPolicy: "all" });

  expect(data).toMatchObject({ projects: [{ id: "mine", name: "Mine" }], project: null });
  if (!CombinedGraphQLErrors.is(error)) throw new Error("Apollo Client gave no GraphQL errors", { cause: error });
  expect(error.errors).toHaveLength(1);
  expect(error.errors[0]).toMatchObject({ path: ["project"], extensions: { code: "NOT_FOUND", projectId: "missing" } });
});

test("Apollo Client sees the code of a request that is rejected as a whole.", async () => {
  const failure: unknown = await apollo("bks_live_wrong")
    .query({ query: gql(PARTIAL) })
    .catch((error: unknown) => error);

  const isRejection = CombinedGraphQLErrors.is(failure) || ServerError.is(failure);
  expect(isRejection).toBe(true);
  const text = CombinedGraphQLErrors.is(failure) ? JSON.stringify(failure.errors) : ServerError.is(failure) ? failure.bodyText : "";
  expect(text).toContain("UNAUTHENTICATED");
});

test("urql gets the partial data together with extensions.code.", async () => {
  const { data, error } = await urql(key).query(PARTIAL, {}).toPromise();

  expect(data).toMatchObject({ projects: [{ id: "mine" }], project: null });
  expect(error?.graphQLErrors.map(({ extensions }) => extensions.code)).toEqual(["NOT_FOUND"]);
});

test("urql sees the code of a request that is rejected as a whole.", async () => {
  const { data, error } = await urql("bks_live_wrong").query(PARTIAL, {}).toPromise();

  expect(data).toBeUndefined();
  expect(error?.graphQLErrors.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
});

test("graphql-codegen reads the schema by introspection without a key and makes types from it.", async () => {
  const folder = await mkdtemp(join(tmpdir(), "backstory-codegen-"));
  const output = join(folder, "types.ts");
  const config = {
    schema: socket.url,
    documents: ["query Latest { sessions(limit: 3) { id name metadata { llmModels } ... on SessionSearchResult { rank } } }"],
    generates: { [output]: { plugins: ["typescript", "typescript-operations"] } },
  };
  await writeFile(join(folder, "codegen.json"), JSON.stringify(config));

  await promisify(execFile)(process.execPath, ["node_modules/.bin/graphql-codegen", "--config", join(folder, "codegen.json")]);

  const types = await readFile(output, "utf8");
  expect(types).toContain("export type LatestQuery");
  expect(types).toMatch(/enum ErrorCode \{[^}]*RATE_LIMITED/);
  await rm(folder, { recursive: true });
});
