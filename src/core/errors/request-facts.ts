/** The facts of a request that errors show: its id, and the server's origin for the link to the error reference. */
export type RequestFacts = { readonly requestId: string; readonly origin: string };
