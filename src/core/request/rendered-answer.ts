import { headerPairs, type HeaderList } from "../../platform/header-list.js";

/** An answer before it is written to a socket or a Response. */
export type RenderedAnswer = { readonly status: number; readonly headers: HeaderList; readonly body: string };

export function toResponse({ status, headers, body }: RenderedAnswer): Response {
  return new Response(body, { status, headers: [...headerPairs(headers)] });
}
