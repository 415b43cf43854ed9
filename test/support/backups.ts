import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { expect } from "@jest/globals";
import { buildSchema, getNamedType, isLeafType, isNonNullType, type GraphQLObjectType, type GraphQLOutputType } from "graphql";
import pg from "pg";
import { newCommandLine, type CommandLine } from "./cli.js";
import type { Environment } from "./process.js";

export const KEY = "a-key-of-my-own-of-32-characters";

const address = process.env.TEST_DATABASE_URL;

/** The kinds of databases that there are here. */
export const KINDS = address === undefined ? (["embedded"] as const) : (["embedded", "postgres"] as const);

/** A new database on the PostgreSQL server of the tests. */
async function newPostgres() {
  const admin = new pg.Client({ connectionString: address });
  await admin.connect();
  const name = `backstory_backup_${randomUUID().replaceAll("-", "")}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(address ?? "");
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop(): Promise<void> {
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
    },
  };
}

type Undo = (() => Promise<void>)[];

/** A command line with a new database of a kind. What removes it is added to `undo`. */
export async function newDatabase(kind: (typeof KINDS)[number], undo: Undo, more: Environment = {}): Promise<CommandLine> {
  const settings: Record<string, string> = { BOOTSTRAP_API_KEY: KEY, ...more };
  if (kind === "postgres") {
    const { url, drop } = await newPostgres();
    undo.push(drop);
    settings.DATABASE_URL = url;
  }
  const cli = await newCommandLine(settings);
  undo.push(cli.remove);
  return cli;
}

/** The lines of a backup. */
export async function linesOf(file: string): Promise<string[]> {
  return gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split("\n");
}

export const toBackup = (lines: readonly string[]): Buffer => gzipSync(`${lines.join("\n")}\n`);

/** The rows that a backup holds at last, as the texts that PostgreSQL wrote, by their table and key. */
export async function rowsOf(file: string): Promise<Record<string, Record<string, string>>> {
  const KEYS: Readonly<Record<string, readonly string[]>> = {
    AccessToken: ["hash"],
    DeviceCode: ["hash"],
    Project: ["key"],
    ProjectMember: ["projectKey", "userId"],
    Session: ["key"],
    SessionContent: ["sessionKey"],
    SessionSearch: ["sessionKey"],
    SessionContentPart: ["uploadId", "content", "index"],
  };
  const tables: Record<string, Record<string, string>> = {};
  let table = "";
  for (const line of (await linesOf(file)).slice(1)) {
    if (line.startsWith("{")) {
      const row = JSON.parse(line) as Record<string, unknown>;
      (tables[table] ??= {})[(KEYS[table] ?? ["id"]).map((column) => String(row[column])).join()] = line;
      continue;
    }
    const [kind, name, items] = JSON.parse(line) as [string, string, unknown];
    if (kind === "rows") table = name;
    if (kind === "gone") for (const key of items as string[][]) Reflect.deleteProperty(tables[name] ?? {}, key.join());
    if (kind === "keys" && name !== "AuditEntry") {
      // whose entries are never deleted here, and whose keys are times
      const [first = ""] = items as string[];
      for (const key of Object.keys(tables[name] ?? {}))
        if (!first.includes(key.split(",")[0] ?? "")) Reflect.deleteProperty(tables[name] ?? {}, key);
    }
  }
  return tables;
}

export type Client = ReturnType<typeof clientOf>;

/** A client of a server that runs on its own. */
export function clientOf(url: string, key = KEY) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const send = (method: string, path: string, body?: unknown, more: Readonly<Record<string, string>> = {}) =>
    fetch(`${url}/api/v1${path}`, { method, headers: { ...headers, ...more }, body: body === undefined ? null : JSON.stringify(body) });

  async function query(text: string, variables: unknown = {}) {
    const answer = await send("POST", "/graphql", { query: text, variables });
    // Tests look into answers of every shape.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    const { data, errors } = (await answer.json()) as { data: any; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  }

  /** What a query answers, failures included, without what differs between two requests. */
  async function look(text: string): Promise<unknown> {
    const answer = await send("POST", "/graphql", { query: text });
    const { data, errors = [] } = (await answer.json()) as {
      data: Log | null;
      errors?: { path: unknown; extensions: { reason: unknown } }[];
    };
    return { data: withoutBackups(data), errors: errors.map(({ path, extensions: { reason } }) => ({ path, reason })) };
  }

  return {
    send,
    query,
    look,
    mutate: async (name: string, input: unknown, selection: string) => {
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
      return (await query(`mutation ($input: ${type}) { ${name}(input: $input) { ${selection} } }`, { input }))[name];
    },
    put: async (id: string, body: Readonly<Record<string, unknown>>, projectId = "app") => {
      const whole = { projectName: "The app", name: "A session", markdown: "Hello", rawData: "", ...body };
      const answer = await send("PUT", `/projects/${encodeURIComponent(projectId)}/sessions/${id}`, whole);
      expect([200, 201]).toContain(answer.status);
    },
  };
}

type Log = { auditLog?: { edges: { node: { action: string } }[] } | null };

/** Every backup that is made adds an entry to the audit log, and moves its pages. */
function withoutBackups(data: Log | null): unknown {
  if (data?.auditLog == null) return data;
  return { auditLog: data.auditLog.edges.map(({ node }) => node).filter(({ action }) => action !== "BACKUP_MADE") };
}

/** What changes by itself, or with each request. */
const RESTLESS = new Set(["lastUsedAt", "rateLimit"]);

/** The values of the arguments that must be given, and of those without which an answer says little. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  "Query.auditLog": "first: 100",
  "Query.analytics": `timeRange: { start: "2020-01-01T00:00:00Z", end: "2090-01-01T00:00:00Z" }`,
  "Query.project": `id: "app"`,
  "Query.session": `id: "00000000-0000-4000-8000-000000000001"`,
  "Query.searchSessions": `query: "hello"`,
};

/** A query for every field of the schema's queries, three objects deep: those that are added to the schema are asked for as well. */
async function everyQuery(): Promise<string[]> {
  const schema = buildSchema(await readFile("schema.graphql", "utf8"));

  function select(output: GraphQLOutputType, depth: number): string | null {
    const type = getNamedType(output);
    if (isLeafType(type)) return "";
    if (depth === 0) return null;
    const object = type as GraphQLObjectType; // there are no interfaces and unions
    const fields = Object.values(object.getFields()).flatMap((field) => {
      if (RESTLESS.has(field.name)) return [];
      const given = ARGUMENTS[`${object.name}.${field.name}`];
      if (given === undefined && field.args.some(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined))
        throw new Error(`${object.name}.${field.name} needs arguments here`);
      const selection = select(field.type, depth - 1);
      return selection === null ? [] : [`${field.name}${given === undefined ? "" : `(${given})`} ${selection}`];
    });
    return fields.length === 0 ? null : `{ ${fields.join(" ")} }`;
  }

  const queries = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(({ name }) => !RESTLESS.has(name));
  return queries.map(({ name, type }) => {
    const given = ARGUMENTS[`Query.${name}`];
    return `{ ${name}${given === undefined ? "" : `(${given})`} ${select(type, 3) ?? ""} }`;
  });
}

/** What a server answers to every query, and to every read of REST, for each of some keys. */
export async function answersOf(url: string, keys: readonly string[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const key of keys) {
    const { send, query, look } = clientOf(url, key);
    for (const text of await everyQuery()) answers[`${key} ${text}`] = await look(text);
    const { projects } = await query("{ projects { id } }");
    const read = async (path: string, accept = "application/json") => {
      const answer = await send("GET", path, undefined, { accept, "x-request-id": "the-same" }); // failures name it
      const bytes = Buffer.from(await answer.arrayBuffer());
      const facts = { status: answer.status, etag: answer.headers.get("etag"), sha256: createHash("sha256").update(bytes).digest("hex") };
      answers[`${key} ${path} ${accept}`] = { ...facts, begins: bytes.toString().slice(0, 1_000) };
    };
    await read("/projects");
    await read("/sessions/recent");
    for (const { id } of projects as { id: string }[]) {
      const project = `/projects/${encodeURIComponent(id)}`;
      await read(`${project}/sessions`);
      await read(`${project}/sessions/sizes`);
      const { sessions } = await query(`query ($p: ID!) { sessions(filters: { projectId: $p }) { id } }`, { p: id });
      for (const session of sessions as { id: string }[]) {
        for (const type of ["application/json", "text/markdown", "application/vnd.specstory.session-data+json"])
          await read(`${project}/sessions/${session.id}`, type);
      }
    }
  }
  return answers;
}
