import { decodeUtf8 } from "./decode-utf8.js";
import { createLongJson, WHITE_SPACE } from "./long-json.js";
import { parseJson } from "./parse-json.js";

/** A larger body is parsed while it arrives. Until then it is cheaper to parse it at once. */
const LARGE_BYTES = 1_000_000;

const NONE: ReadonlySet<string> = new Set();

/** The JSON of a body. */
export type JsonBody = {
  readonly add: (chunk: Uint8Array) => void;
  readonly bytes: () => number;
  /** Whether nothing came, or nothing but white space. */
  readonly isBlank: () => boolean;
  /**
   * Parses the JSON, when the body is complete. Long texts of large bodies become a LongText where they are fields of the
   * outermost object that are named; all other texts are strings.
   * @throws VALIDATION_ERROR: INVALID_FORMAT if it is not JSON in UTF-8, INVALID_PARAMETER if it has too many values
   */
  readonly parse: (keptInPieces?: ReadonlySet<string>) => unknown;
};

export function createJsonBody(): JsonBody {
  let chunks: Uint8Array[] = [];
  let bytes = 0;
  let long: ReturnType<typeof createLongJson> | null = null;

  function pushAll(): void {
    long ??= createLongJson();
    for (const chunk of chunks) long.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    chunks = [];
  }

  return {
    add(chunk) {
      bytes += chunk.byteLength;
      chunks.push(chunk);
      if (bytes > LARGE_BYTES) pushAll();
    },
    bytes: () => bytes,
    isBlank: () => long === null && chunks.every((chunk) => chunk.every((byte) => WHITE_SPACE.has(byte))),
    parse(keptInPieces = NONE) {
      if (long !== null) return long.finish(keptInPieces);
      const [chunk = EMPTY] = chunks;
      return parseJson(decodeUtf8(chunks.length === 1 ? chunk : Buffer.concat(chunks)));
    },
  };
}

const EMPTY = new Uint8Array();
