import { headerPairs, type HeaderList } from "../../platform/header-list.js";

/** An answer before it is written to a socket or a Response. A large body is made in pieces, while it is written. */
export type RenderedAnswer = { readonly status: number; readonly headers: HeaderList; readonly body: string | Iterable<string> };

/** The answer to a request that failed as a whole. */
export type RenderedError = RenderedAnswer & { readonly body: string };

export function toResponse({ status, headers, body }: RenderedAnswer): Response {
  return new Response(typeof body === "string" ? body : toStream(body), { status, headers: [...headerPairs(headers)] });
}

function toStream(pieces: Iterable<string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      const next = iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
  });
}
