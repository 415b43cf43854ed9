import { setImmediate } from "node:timers/promises";
import type { LongText } from "./long-text.js";

/** Hands over the pieces of a text, and gives the event loop a turn between two of them, so that a long text keeps nothing else waiting. */
export async function forEachPiece(text: LongText, use: (piece: string) => void): Promise<void> {
  let isFirst = true;
  for (const piece of text) {
    if (!isFirst) await setImmediate();
    isFirst = false;
    use(piece);
  }
}
