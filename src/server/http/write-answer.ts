import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { RenderedAnswer } from "../../core/request/rendered-answer.js";

/** A body of more characters is encoded before it is written: to count the bytes of the text first would go through it twice. */
const LONG = 4_000;

/** Writes an answer to its connection. */
export function writeAnswer({ status, headers, body }: RenderedAnswer, outgoing: ServerResponse): void {
  if (typeof body !== "string") {
    outgoing.writeHead(status, [...headers]);
    return void writePieces(body, outgoing).catch(() => outgoing.destroy()); // its client is gone
  }
  const content = body.length > LONG ? Buffer.from(body) : body;
  const length = Buffer.byteLength(content);
  outgoing.writeHead(status, [...headers, "Content-Length", String(length)]);
  if (typeof content !== "string") return void outgoing.end(content);
  endWith(content, length === content.length ? "latin1" : "utf8", outgoing);
}

/**
 * Hands the head and the body to the connection as one text. `outgoing.end(body)` would write an empty text after it: Node then
 * takes memory outside its heap to join the two, which made the smallest answers dearer by a twentieth.
 */
function endWith(body: string, encoding: BufferEncoding, outgoing: ServerResponse): void {
  const { socket } = outgoing;
  socket?.cork();
  outgoing.write(body, encoding);
  socket?.uncork();
  outgoing.end();
}

/** Makes each piece when the client has taken those before, so that a slow client holds no second copy of the body. */
async function writePieces(pieces: Iterable<string>, outgoing: ServerResponse): Promise<void> {
  const gone = new AbortController();
  outgoing.once("close", () => gone.abort());
  for (const piece of pieces) if (!outgoing.write(piece)) await once(outgoing, "drain", { signal: gone.signal });
  outgoing.end();
}
