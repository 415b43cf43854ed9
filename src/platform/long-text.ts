/**
 * The most characters (UTF-16 code units) of a piece. V8 keeps larger strings where only a full garbage collection finds them,
 * and until then a text that is read piece by piece would take the memory of many.
 */
export const PIECE_CHARACTERS = 120_000;

/** A piece, and its length in UTF-16 code units: a part of a text that is in memory anyway, or its UTF-8. */
type Piece = { readonly length: number; readonly content: string | Buffer };

/**
 * A text of any length in pieces, so that no step needs memory for another copy of the whole. No piece ends within a surrogate
 * pair, so that each can be encoded by itself.
 */
export class LongText implements Iterable<string> {
  private constructor(private readonly pieces: readonly Piece[]) {}

  /** Cuts a text into pieces. V8 keeps each as a reference to the text, so that nothing is copied. */
  static from(text: string): LongText {
    const pieces: string[] = [];
    for (let start = 0; start < text.length;) {
      const end = endOfPiece(text, start);
      pieces.push(text.slice(start, end));
      start = end;
    }
    return LongText.ofPieces(pieces);
  }

  static ofPieces(pieces: readonly string[]): LongText {
    return new LongText(pieces.map((content) => ({ length: content.length, content })));
  }

  /** Collects the pieces of a text that is nowhere else, and keeps them in UTF-8: one emoji doubles the memory of a string. */
  static collect(): { readonly add: (piece: string) => void; readonly finish: () => LongText } {
    const pieces: Piece[] = [];
    return {
      add(piece) {
        if (piece === "") return;
        // UTF-8 has no bytes for half a surrogate pair.
        pieces.push({ length: piece.length, content: piece.isWellFormed() ? Buffer.from(piece) : piece });
      },
      finish: () => new LongText(pieces),
    };
  }

  /** How many pieces there are. */
  get count(): number {
    return this.pieces.length;
  }

  /** The length in UTF-16 code units. */
  get length(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  *[Symbol.iterator](): Generator<string, undefined, undefined> {
    for (const { content } of this.pieces) yield content.toString();
  }

  /** Tells whether it has no half of a surrogate pair, as no text in UTF-8 has. */
  isWellFormed(): boolean {
    return this.pieces.every(({ content }) => typeof content !== "string" || content.isWellFormed());
  }

  /** Returns the text without its first pieces. */
  withoutPieces(count: number): LongText {
    return new LongText(this.pieces.slice(count));
  }

  /** Returns the first characters of the text. */
  start(characters: number): string {
    let start = "";
    for (const piece of this) {
      start += piece;
      if (start.length >= characters) break;
    }
    return start.slice(0, characters);
  }

  toString(): string {
    return [...this].join("");
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
