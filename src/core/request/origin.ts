/** A name or an address, and perhaps a port. The pattern itself limits the length of what it reads. */
const HOST = /^(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Tells whether a text names a host as a link can hold it: `localhost:4000`, `backstory.example`, `[::1]:4000`. */
export function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}`);
}

/** Returns the origin that a Host header names, or http://localhost if the host is not well-formed. */
export function originOfHost(host = "localhost"): string {
  return isHost(host) ? new URL(`http://${host}`).origin : "http://localhost";
}

type Origins = { readonly publicUrl: string | undefined; readonly proxied: string | null; readonly find: () => string };

/** Chooses how links begin: with PUBLIC_URL where it is set, else as the proxy was reached, else as this server was reached. */
export function chooseOrigin({ publicUrl, proxied, find }: Origins): string {
  return publicUrl ?? proxied ?? find();
}
