/** What every error says of its request: the id, and the origin of this server for the link to the error reference. */
export type RequestFacts = { readonly requestId: string; readonly origin: string };
