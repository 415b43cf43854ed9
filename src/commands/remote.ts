import { once } from "node:events";
import { finished } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { REST_PATH, GRAPHQL_PATH } from "../core/request/paths.js";
import type { Config } from "../config.js";
import { CommandError } from "./context.js";

/** A server that runs, and the key with which it is asked. */
export type Remote = { readonly url: string; readonly key: string; readonly stop: AbortSignal };

/** Where the server of the settings is, if it runs on this machine. @throws CommandError if the settings do not tell its port */
function localAddress({ host, port }: Pick<Config, "host" | "port">): string {
  if (port === 0) throw new CommandError("PORT=0 does not tell where the server is: name it with --url");
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** @throws CommandError for what is no address of a web server */
function parseAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) throw new CommandError("--url must be like http://localhost:4000");
  return `${url.origin}${url.pathname.replace(/\/$/, "")}`;
}

const viewer = z.object({ data: z.object({ viewer: z.object({ email: z.string() }) }) });

/** Returns the address of the user whose key it is. @throws CommandError as `download` does */
export async function readEmail(remote: Remote): Promise<string> {
  const init = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query: "{ viewer { email } }" }) };
  const answer = await ask(remote, GRAPHQL_PATH, init);
  const parsed = viewer.safeParse(await answer.json().catch(() => null));
  if (!parsed.success) throw new CommandError(`The server at ${remote.url} did not say whose key it is`);
  return parsed.data.data.viewer.email;
}

/**
 * Reads a gzip-compressed answer of the REST API, piece by piece.
 * @throws CommandError if the server cannot be reached, rejects the request, or breaks off: the last piece comes only when all is
 * there
 */
export async function* downloadGzip(remote: Remote, path: string, method = "GET"): AsyncGenerator<Uint8Array> {
  const { body, headers } = await ask(remote, `${REST_PATH}${path}`, { method });
  if (headers.get("content-type") !== "application/gzip") throw new CommandError(`The server at ${remote.url} answers, but ${NOT_OURS}`);
  if (body === null) throw brokenOff(remote);
  const gunzip = createGunzip();
  const checked = finished(gunzip.resume());
  checked.catch(() => undefined); // what is wrong is said below
  try {
    for await (const chunk of body) {
      if (!gunzip.write(chunk)) await Promise.race([once(gunzip, "drain"), checked]);
      yield chunk;
    }
    gunzip.end();
    await checked;
  } catch (cause) {
    throw remote.stop.aborted ? cause : brokenOff(remote, cause);
  } finally {
    gunzip.destroy();
  }
}

/** Where a server is that is asked: at the address given, or where the settings let it listen. */
export function toAddress(config: Pick<Config, "host" | "port">, url: string | undefined): string {
  return url === undefined ? localAddress(config) : parseAddress(url);
}

const NOT_OURS = "it is no Backstory server, or another version";

type Question = { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string };

async function ask({ url, key, stop }: Remote, path: string, init: Question): Promise<Response> {
  const headers = { ...init.headers, Authorization: `Bearer ${key}`, "Accept-Encoding": "identity" };
  const answer = await fetch(`${url}${path}`, { ...init, headers, redirect: "manual", signal: stop }).catch((error: unknown) => {
    throw new CommandError(`The server at ${url} cannot be reached: ${causeOf(error)}`, { cause: error });
  });
  if (answer.status === 200) return answer;
  throw new CommandError(`The server at ${url} answers ${answer.status}: ${await reasonOf(answer)}`);
}

const restFailure = z.object({ message: z.string() });
const graphqlFailure = z.object({ errors: z.tuple([restFailure], z.unknown()) });

async function reasonOf(answer: Response): Promise<string> {
  const location = answer.headers.get("location");
  if (location !== null) return `it is at ${location}`;
  const body: unknown = await answer.json().catch(() => null);
  const rest = restFailure.safeParse(body);
  if (rest.success) return rest.data.message;
  const graphql = graphqlFailure.safeParse(body);
  return graphql.success ? graphql.data.errors[0].message : NOT_OURS;
}

/** fetch hides why it failed in the cause of its error. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}

function brokenOff({ url }: Remote, cause?: unknown): CommandError {
  return new CommandError(`The answer of the server at ${url} broke off`, { cause });
}
