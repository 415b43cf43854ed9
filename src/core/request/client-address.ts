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
  const peers = new WeakMap<Socket, Peer>(); // a connection has one peer, and many requests

  function peerOf(socket: Socket): Peer {
    const known = peers.get(socket);
    if (known !== undefined) return known;
    const { remoteAddress = "unknown" } = socket;
    const isProxy = trustedProxies.length > 0 && isTrusted(remoteAddress, 0);
    const peer = { isProxy, client: { address: countedAs(remoteAddress), origin: null } };
    peers.set(socket, peer);
    return peer;
  }

  return (incoming) => {
    const { isProxy, client } = peerOf(incoming.socket);
    if (!isProxy || !isForwarded(incoming)) return client;
    const address = proxyAddr(incoming, isTrusted);
    return { address: isIP(address) === 0 ? client.address : countedAs(address), origin: originOf(incoming) };
  };
}

/** The other end of a connection. */
type Peer = { readonly isProxy: boolean; readonly client: Client };

/** Tells whether a proxy says anything of the request that it forwards. */
function isForwarded({ headers }: IncomingMessage): boolean {
  return (
    headers["x-forwarded-for"] !== undefined || headers["x-forwarded-host"] !== undefined || headers["x-forwarded-proto"] !== undefined
  );
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
