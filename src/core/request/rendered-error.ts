/** The answer to a request that failed as a whole, before it is written to a Response or a socket. */
export type RenderedError = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
