import type { IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import ipaddr from "ipaddr.js";
import proxyAddr from "proxy-addr";
import { isHost, originOfHost } from "./origin.js";

/** The client of a request, and the scheme and host by which the request reached the server or the proxy before it. */
export type Client = {
  /** The unit that limits per address count: an IPv4 address, or an IPv6 network. */
  readonly address: string;
  readonly origin: string | null;
};

/** Tells whether all of these are addresses, ranges or names of ranges, as TRUSTED_PROXIES takes them. */
export function isProxyList(proxies: readonly string[]): boolean {
  try {
    proxyAddr.compile([...proxies]);
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/**
 * Finds the client behind the trusted proxies: the last address of X-Forwarded-For that is not a trusted proxy's. The
 * headers of a client that is not a trusted proxy are ignored, since it could choose any address.
 */
export function createClientFinder(trustedProxies: readonly string[]): (incoming: IncomingMessage) => Client {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  const peers = new WeakMap<Socket, Client>(); // a connection has one peer, and many requests
  return (incoming) => {
    const known = peers.get(incoming.socket);
    if (known !== undefined) return known;
    const peer = incoming.socket.remoteAddress ?? "unknown";
    if (trustedProxies.length === 0 || !isTrusted(peer, 0)) {
      const client = { address: countedAs(peer), origin: null };
      peers.set(incoming.socket, client);
      return client;
    }
    const address = proxyAddr(incoming, isTrusted);
    return { address: countedAs(isIP(address) === 0 ? peer : address), origin: originOf(incoming) };
  };
}

/** Returns the address by which a connection counts. A trusted proxy's connections are not counted: they are those of all its clients. */
export function createPeerCounter(trustedProxies: readonly string[]): (socket: Socket) => string | null {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return ({ remoteAddress = "unknown" }) => (trustedProxies.length > 0 && isTrusted(remoteAddress, 0) ? null : countedAs(remoteAddress));
}

/**
 * Returns the first 64 bits of an IPv6 address: a client can choose the others (RFC 4291, section 2.5.1; RFC 6177), so a
 * limit for each address would limit nobody. An IPv4 address in IPv6 form, as dual-stack sockets give it, counts as IPv4.
 */
function countedAs(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${ipaddr.fromByteArray([...parsed.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]).toString()}/64`;
}

/** What the proxy does not say, or not in a well-formed way, is as the request came to this server. */
function originOf({ headers }: IncomingMessage): string {
  const forwarded = firstOf(headers["x-forwarded-host"]);
  const origin = originOfHost(forwarded !== undefined && isHost(forwarded) ? forwarded : headers.host);
  return firstOf(headers["x-forwarded-proto"]) === "https" ? origin.replace("http:", "https:") : origin;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return [header].flat()[0]?.split(",")[0]?.trim();
}
