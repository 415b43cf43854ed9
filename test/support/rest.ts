import { expect } from "@jest/globals";
import { CLIENT, type Answer, type TestServer } from "./server.js";

type HeaderFields = Readonly<Record<string, string>>;

export type RestClient = ReturnType<typeof restClient>;

/** A client of the REST API, signed in with a key, or with none at all. Paths begin after `/api/v1`. */
export function restClient(server: TestServer, key: string | null) {
  const authorization: HeaderFields = key === null ? {} : { authorization: `Bearer ${key}` };

  function ask(method: string, path: string, headers: HeaderFields = {}): Promise<Answer> {
    return server.send(`/api/v1${path}`, { method, headers: { ...authorization, ...headers } });
  }

  function tell(method: string, path: string, body: unknown, headers: HeaderFields = {}): Promise<Answer> {
    return server.send(`/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", ...authorization, ...headers },
      body: JSON.stringify(body),
    });
  }

  return {
    get: (path: string, headers?: HeaderFields) => ask("GET", path, headers),
    head: (path: string, headers?: HeaderFields) => ask("HEAD", path, headers),
    delete: (path: string, headers?: HeaderFields) => ask("DELETE", path, headers),
    put: (path: string, body: unknown, headers?: HeaderFields) => tell("PUT", path, body, headers),
    patch: (path: string, body: unknown, headers?: HeaderFields) => tell("PATCH", path, body, headers),
    post: (path: string, body: unknown, headers?: HeaderFields) => tell("POST", path, body, headers),
  };
}

/** What a PUT of a session needs, with these values instead or besides. */
export function putBody(overrides: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { projectName: "The app", name: "A session", markdown: "Hello", rawData: "", ...overrides };
}

/** All projects that a client can see, and what each has of sessions. */
export async function stateOf({ get }: RestClient) {
  const { projects } = (await get("/projects")).body.data;
  const sessions: unknown[] = [];
  for (const { id } of projects) sessions.push((await get(`/projects/${encodeURIComponent(id)}/sessions`)).body.data);
  return { projects, sessions };
}

/** An answer in bytes: decoded as text it would lose a byte order mark. */
export async function askForBytes(server: TestServer, key: string, method: string, path: string, accept: string) {
  const headers = { authorization: `Bearer ${key}`, accept };
  const answer = await server.fetch(new Request(`http://backstory.test/api/v1${path}`, { method, headers }), CLIENT);
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

/** The facts of a failure laid flat, after checking what holds for every one: its envelope, and that it names the request. */
export function failureOf({ status, headers, body }: Answer): Record<string, unknown> {
  const { code, message, details } = body.error;
  expect(body).toEqual({ success: false, status: "failed", message, error: { code, message, details } });
  expect(details.requestId).toBe(headers.get("x-request-id"));
  return { http: status, code, message, ...details };
}

/** The dotted paths of the bad values that a failure names. */
export function badFieldsOf(failure: Record<string, unknown>): string[] {
  return (failure.fields as { path: (string | number)[] }[]).map(({ path }) => path.join("."));
}

/**
 * Rows of sessions without content, for long lists: numbered from `first`, each a millisecond newer than the one before,
 * the odd ones with session data.
 */
export async function addSessionRows(server: TestServer, projectId: string, first: number, count: number): Promise<void> {
  await server.prisma.$executeRaw`
    INSERT INTO "Session" ("projectKey", "ownerId", "id", "name", "etag", "markdownSize", "markdownJsonSize", "rawDataSize", "sessionDataSize",
      "createdAt", "updatedAt", "gitBranches", "llmModels", "tags", "keywords")
    SELECT p."key", p."ownerId", ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'Session ' || n, n::text, n, n + 2, 0, n % 2,
      at, at, '{}', '{}', '{}', '{}'
    FROM "Project" p, generate_series(${first}::int, ${first + count - 1}::int) n,
      LATERAL (SELECT ${server.clock.now()}::timestamptz + n * interval '1 ms' AS at) t
    WHERE p."id" = ${projectId}`;
  await server.prisma.$executeRaw`UPDATE "Project" SET "sessionCount" = "sessionCount" + ${count},
    "storedBytes" = (SELECT sum(s."markdownSize"::bigint + s."rawDataSize" + s."sessionDataSize") FROM "Session" s WHERE s."projectKey" = "Project"."key") WHERE "id" = ${projectId}`;
}
