import { toAppError } from "../../core/errors/from-unknown.js";
import { logFailure } from "../../core/errors/log-failure.js";
import type { Operation } from "../../core/load/operations.js";
import type { Logger } from "../../platform/logger.js";

/**
 * Only the caller may cache an answer, and must revalidate it. Answers vary by Accept. They vary by Authorization too: one
 * browser may hold the keys of two users, who see the same version of a session.
 */
export const COMMON_HEADERS = { "Cache-Control": "private, no-cache", Vary: "Accept, Authorization" } as const;

type Init = { readonly status?: number; readonly headers?: Readonly<Record<string, string>> };

export function json(body: unknown, { status = 200, headers = {} }: Init = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...COMMON_HEADERS, ...headers } });
}

/** Makes the answer of a request that succeeded: `{"success": true, "data": ...}`. */
export function success(data: unknown, init?: Init): Response {
  return json({ success: true, data }, init);
}

/** The number of pieces that are made before an answer begins: the opening, the first page and, of a short list, the end. */
const PIECES_AT_FIRST = 4;

/**
 * Writes JSON while its rows are read, so that memory never holds all of a long list. A failure before the first page is
 * answered as an error; a later one cuts the answer off.
 */
export async function streamJson(pieces: AsyncGenerator<string>, source: StreamSource): Promise<Response> {
  const headers = { "Content-Type": "application/json", ...COMMON_HEADERS };
  let beginning = "";
  for (let count = 0; count < PIECES_AT_FIRST; count += 1) {
    const next = await pieces.next();
    if (next.done === true) return new Response(beginning, { headers });
    beginning += next.value;
  }
  return streamText(startWith(beginning, pieces), headers, source);
}

/** What a stream needs of its request: the log for a failure that cuts it off, and the operation whose slot it keeps until it ends. */
export type StreamSource = { readonly log: Logger; readonly operation: Pick<Operation, "keepSlot"> };

/** Answers with pieces of text, each of them made when the client has taken the one before. A failure cuts the answer off. */
export function streamText(pieces: AsyncGenerator<string>, headers: Readonly<Record<string, string>>, source: StreamSource): Response {
  return new Response(toStream(pieces, source), { headers });
}

/** The same with pieces of bytes. The first is made before the answer begins, so that a failure until then is answered as an error. */
export async function streamBytes(
  pieces: AsyncGenerator<Uint8Array>,
  headers: Readonly<Record<string, string>>,
  source: StreamSource,
): Promise<Response> {
  const first = await pieces.next();
  return new Response(first.done === true ? null : toStream(startWith(first.value, pieces), source), { headers });
}

function toStream(pieces: AsyncGenerator<string | Uint8Array>, { log, operation }: StreamSource): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const rest = operation.keepSlot();
  let isGone = false;
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await rest.step(() => pieces.next());
        if (next.done !== true) return controller.enqueue(typeof next.value === "string" ? encoder.encode(next.value) : next.value);
        rest.end();
        controller.close();
      } catch (thrown) {
        rest.end();
        pieces.return(undefined).catch(() => undefined); // a step that took too long may still be running
        if (!isGone) logFailure(log, toAppError(thrown)); // what was cancelled for want of a client has not failed
        throw thrown;
      }
    },
    async cancel() {
      isGone = true;
      rest.end(); // first, so that a statement that runs is cancelled
      await pieces.return(undefined);
    },
  });
}

async function* startWith<T>(beginning: T, pieces: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield beginning;
    yield* pieces;
  } finally {
    await pieces.return(undefined); // also where nobody took the beginning
  }
}

/** Joins the pages of a list, none of them empty, to the members of a JSON array or object. */
export async function* toMembers<Row>(pages: AsyncIterable<readonly Row[]>, toJson: (row: Row) => string): AsyncGenerator<string> {
  let separator = "";
  for await (const page of pages) {
    yield separator + page.map(toJson).join(",");
    separator = ",";
  }
}
