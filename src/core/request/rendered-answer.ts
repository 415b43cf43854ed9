/** An answer before it is written to a socket or a Response. */
export type RenderedAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string };
