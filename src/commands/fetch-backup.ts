import type { Config } from "../config.js";
import { REST_PATH } from "../core/request/paths.js";
import { CommandError } from "./context.js";

type Source = {
  readonly key: string;
  readonly url: string | undefined;
  readonly config: Pick<Config, "host" | "port">;
  readonly signal: AbortSignal;
};

/** Asks a running server for a backup, and gives its bytes as they come. @throws CommandError that says what went wrong */
export async function* fetchBackup({ key, url, config, signal }: Source): AsyncGenerator<Uint8Array> {
  const address = addressOf(url ?? defaultUrl(config));
  const headers = { Authorization: `Bearer ${key}` };
  const response = await fetch(address, { method: "POST", headers, redirect: "manual", signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new CommandError(`No server answers at ${address.origin}: ${reasonOf(cause)}`, { cause });
  });
  if (response.status !== 200 || response.body === null)
    throw new CommandError(`The server at ${address.origin} made no backup (status ${response.status}): ${await messageOf(response)}`);
  try {
    for await (const piece of response.body as AsyncIterable<Uint8Array>) yield piece;
  } catch (cause) {
    signal.throwIfAborted();
    throw new CommandError(`The server at ${address.origin} broke the backup off: ${reasonOf(cause)}`, { cause });
  }
}

function addressOf(url: string): URL {
  try {
    return new URL(`${url.replace(/\/+$/, "")}${REST_PATH}/admin/backup`);
  } catch (cause) {
    throw new CommandError(`--url: must be an address like http://localhost:4000`, { cause });
  }
}

/** Where a server with these settings listens. One that listens on all addresses is reached on this machine. */
function defaultUrl({ host, port }: Source["config"]): string {
  if (port === 0) throw new CommandError("--url is needed, because PORT=0 lets the server take any port");
  const name = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}`;
}

/** The reason is in the innermost error: fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  return error.message === "" && "code" in error ? String(error.code) : error.message;
}

/** The most characters of an answer that are shown, which may be a page of something else than Backstory. */
const MOST_CHARACTERS = 300;

async function messageOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => "");
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // It is no answer of Backstory, and shown as it is.
  }
  return text.slice(0, MOST_CHARACTERS).trim() || "it says nothing else";
}
