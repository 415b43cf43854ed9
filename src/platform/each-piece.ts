import { setImmediate } from "node:timers/promises";
import type { LongText } from "./long-text.js";

/** Hands over the pieces of a text, and gives the event loop a turn between two of them, so that a long text keeps nothing else waiting. */
export async function forEachPiece({ pieces }: LongText, use: (piece: string) => void): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await setImmediate();
    use(piece);
  }
}
