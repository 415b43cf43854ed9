/** The most characters (UTF-16 code units) of a piece. */
export const PIECE_CHARACTERS = 500_000;

/**
 * A text of any length in pieces, so that no step needs memory for another copy of the whole. No piece ends within a surrogate
 * pair, so that each can be encoded by itself.
 */
export class LongText {
  constructor(readonly pieces: readonly string[]) {}

  /** Cuts a text into pieces. V8 keeps each as a reference to the text, so that nothing is copied. */
  static from(text: string): LongText {
    const pieces: string[] = [];
    for (let start = 0; start < text.length;) {
      const end = endOfPiece(text, start);
      pieces.push(text.slice(start, end));
      start = end;
    }
    return new LongText(pieces);
  }

  get length(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  /** Returns the first characters of the text. */
  start(characters: number): string {
    let start = "";
    for (const piece of this.pieces) {
      if (start.length >= characters) break;
      start += piece;
    }
    return start.slice(0, characters);
  }

  toString(): string {
    return this.pieces.join("");
  }
}

function endOfPiece(text: string, start: number): number {
  const end = Math.min(text.length, start + PIECE_CHARACTERS);
  return end < text.length && isLeadSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
}

/** Tells whether a code unit is the first half of a character outside of the basic plane. */
export function isLeadSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
