import { LongText, PIECE_CHARACTERS } from "../../platform/long-text.js";
import { AppError } from "../errors/app-error.js";
import { decodeUtf8 } from "./decode-utf8.js";
import { MOST_VALUES, parseJson, tooManyValues } from "./parse-json.js";

const [QUOTE, BACKSLASH, LOWER_U, SPACE] = Buffer.from('"\\u ') as unknown as readonly [number, number, number, number]; // ASCII
/** The bytes that may stand between the values of JSON and mean nothing (RFC 8259, section 2). */
export const WHITE_SPACE: ReadonlySet<number> = new Set(Buffer.from(" \t\n\r"));
/** Every value but the first comes after one of these. */
const BEFORE_VALUES: ReadonlySet<number> = new Set(Buffer.from(",[{"));

/** A text of more bytes is cut out of the JSON. */
const LONG_BYTES = 65_536;

/** The most bytes of the JSON without its long texts. Every copy that is made of it is bounded by this. */
const MOST_OTHER_BYTES = 10_000_000;

/**
 * Stands for a text that was cut out. A text that begins with U+0000 is cut out whatever its length, so that no text of the
 * client's looks like a mark.
 */
const MARK = "\u0000";
const RAW_MARK = Buffer.from(String.raw`\u0000`);

/**
 * Parses the JSON of a large body as it arrives. Long texts are cut out and decoded in pieces, so that the body never exists as
 * one text: the memory that it takes is that of its pieces.
 */
export function createLongJson() {
  const skeleton = createSkeleton();
  const texts: LongText[] = [];
  let text: ReturnType<typeof createText> | null = null;

  function endText(ended: ReturnType<typeof createText>): void {
    const raw = ended.rawIfShort();
    if (raw !== null && !raw.subarray(0, RAW_MARK.length).equals(RAW_MARK)) return skeleton.addText(raw);
    skeleton.addText(Buffer.from(`${RAW_MARK.toString()}${texts.length}`));
    texts.push(ended.toLongText());
  }

  return {
    /** @throws VALIDATION_ERROR as soon as the JSON cannot be valid, or has too many values */
    push(chunk: Buffer): void {
      for (let at = 0; at < chunk.length;) {
        if (text === null) {
          const quote = chunk.indexOf(QUOTE, at);
          skeleton.add(quote === -1 ? chunk.subarray(at) : chunk.subarray(at, quote));
          if (quote === -1) return;
          text = createText();
          at = quote + 1;
        } else {
          const end = text.add(chunk, at);
          if (end === -1) return;
          endText(text);
          text = null;
          at = end + 1;
        }
      }
    },

    /**
     * Returns the value. Long texts become strings, but those in the fields of the outermost object that are named.
     * @throws VALIDATION_ERROR / INVALID_FORMAT
     */
    finish(keptInPieces: ReadonlySet<string>): unknown {
      if (text !== null) throw new AppError("INVALID_FORMAT", { message: "The body is not valid JSON" });
      return putBack(parseJson(skeleton.toString()), texts, keptInPieces);
    },
  };
}

/** The JSON without its long texts. White space is kept as one space, which parts tokens as well as any number. */
function createSkeleton() {
  const parts: Buffer[] = [];
  let bytes = 0;
  let values = 1;
  let endsInSpace = false;

  function append(part: Buffer): void {
    bytes += part.length;
    if (bytes > MOST_OTHER_BYTES) {
      const message = `The body has more than ${MOST_OTHER_BYTES} bytes beside its long texts`;
      throw new AppError("INVALID_PARAMETER", { message, httpStatus: 413, details: { limit: MOST_OTHER_BYTES } });
    }
    parts.push(part);
  }

  return {
    /** Adds what lies outside of texts. */
    add(json: Buffer): void {
      const kept = Buffer.allocUnsafe(json.length);
      let length = 0;
      for (const byte of json) {
        const isSpace = WHITE_SPACE.has(byte);
        if (isSpace && endsInSpace) continue;
        endsInSpace = isSpace;
        kept[length] = isSpace ? SPACE : byte;
        length += 1;
        if (BEFORE_VALUES.has(byte)) values += 1;
      }
      if (values > MOST_VALUES) throw tooManyValues();
      append(Buffer.from(kept.subarray(0, length))); // a copy, since the chunk is larger than what is kept of it
    },
    addText(raw: Buffer): void {
      append(Buffer.concat([Buffer.of(QUOTE), raw, Buffer.of(QUOTE)]));
      endsInSpace = false;
    },
    toString: () => decodeUtf8(Buffer.concat(parts)),
  };
}

/** Collects one text of the JSON, the bytes between two quotes. */
function createText() {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const pieces = LongText.collect();
  let isFlushed = false;
  let raw: Buffer[] = [];
  let bytes = 0;
  let backslashes = 0; // at the end of what was added

  function decode(part: Buffer, stream: boolean): void {
    pieces.add(parseText(decodeUtf8(part, { decoder, stream })));
  }

  function flush(): void {
    const all = Buffer.concat(raw);
    const end = endOfWholeCharacters(all);
    decode(all.subarray(0, end), true);
    isFlushed = true;
    raw = [Buffer.from(all.subarray(end))];
    bytes = all.length - end;
  }

  return {
    /** Adds bytes up to the text's end. Returns the index of the quote that ends it, or -1. */
    add(chunk: Buffer, start: number): number {
      const end = endOfText(chunk, start, backslashes);
      const part = end === -1 ? chunk.subarray(start) : chunk.subarray(start, end);
      backslashes = countBackslashes(part, part.length, backslashes);
      // A chunk may have any length, a piece may not.
      for (let at = 0; at < part.length;) {
        const slice = part.subarray(at, at + PIECE_CHARACTERS - bytes);
        raw.push(slice);
        bytes += slice.length;
        at += slice.length;
        if (bytes >= PIECE_CHARACTERS) flush();
      }
      return end;
    },
    /** Returns the bytes as they stand in the JSON, if the text is not long. */
    rawIfShort: () => (!isFlushed && bytes <= LONG_BYTES ? Buffer.concat(raw) : null),
    toLongText(): LongText {
      decode(Buffer.concat(raw), false);
      return pieces.finish();
    },
  };
}

/** Finds the first quote that no backslash escapes. */
function endOfText(chunk: Buffer, start: number, backslashesBefore: number): number {
  for (let quote = chunk.indexOf(QUOTE, start); quote !== -1; quote = chunk.indexOf(QUOTE, quote + 1)) {
    if (countBackslashes(chunk.subarray(start, quote), quote - start, backslashesBefore) % 2 === 0) return quote;
  }
  return -1;
}

/** Counts the backslashes before an index, and where only backslashes come before it, those that came earlier. */
function countBackslashes(part: Buffer, end: number, before: number): number {
  let start = end;
  while (start > 0 && part[start - 1] === BACKSLASH) start -= 1;
  return end - start + (start === 0 ? before : 0);
}

/**
 * Finds where the raw text can be cut: not within an escape, and not between the two escapes of a surrogate pair. The text
 * begins with a whole character.
 */
function endOfWholeCharacters(raw: Buffer): number {
  let highStart = -1;
  let highEnd = -1;
  for (let at = raw.indexOf(BACKSLASH); at !== -1;) {
    const end = at + (raw[at + 1] === LOWER_U ? 6 : 2); // \uXXXX has six characters
    const pairStart = highEnd === at ? highStart : at;
    if (end > raw.length) return pairStart;
    if (isHighSurrogate(raw, at)) [highStart, highEnd] = [at, end];
    at = raw.indexOf(BACKSLASH, end);
  }
  return highEnd === raw.length ? highStart : raw.length;
}

/** Tells whether the escape is one of `\ud800` to `\udbff`. */
function isHighSurrogate(raw: Buffer, at: number): boolean {
  return /^\\ud[89ab]/i.test(raw.toString("latin1", at, at + 4));
}

function parseText(inside: string): string {
  return parseJson(`"${inside}"`) as string; // a quote within would be escaped
}

/** Replaces the marks by the texts for which they stand. Without recursion, since the JSON may be nested deeply. */
function putBack(value: unknown, texts: readonly LongText[], keptInPieces: ReadonlySet<string>): unknown {
  const textOf = (item: unknown) =>
    typeof item === "string" && item.startsWith(MARK) ? texts[Number(item.slice(MARK.length))] : undefined;
  const outermost = { value };
  const left: object[] = [outermost];
  for (let container = left.pop(); container !== undefined; container = left.pop()) {
    for (const [name, item] of Object.entries(container) as [string, unknown][]) {
      if (typeof item === "object" && item !== null) left.push(item);
      const [realName, text] = [textOf(name)?.toString(), textOf(item)];
      if (realName !== undefined) Reflect.deleteProperty(container, name);
      if (realName === undefined && text === undefined) continue;
      const isKept = container === outermost.value && keptInPieces.has(name);
      // Defined, since an assignment to `__proto__` would not make a property.
      Object.defineProperty(container, realName ?? name, { value: isKept ? text : (text?.toString() ?? item), ...OWN_PROPERTY });
    }
  }
  return outermost.value;
}

const OWN_PROPERTY = { enumerable: true, configurable: true, writable: true };
