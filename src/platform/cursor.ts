import { z } from "zod";

/** Encodes a position in a list as opaque text. It is validated like any input when it comes back: clients may edit it. */
export function encodeCursor(parts: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The longest cursor: a name of 255 characters, each of which takes six in JSON, and the id and owner that tell equal names apart. */
const LONGEST_CURSOR = 4_000;

/** The schema of a cursor as input. It decodes the parts and validates them. */
export function cursorText<T extends z.ZodType>(parts: T) {
  const text = z.string("must be text").max(LONGEST_CURSOR, "is not a cursor of this list");
  return text.transform((cursor, context): z.output<T> => {
    const parsed = parts.safeParse(parseOrNull(cursor));
    if (parsed.success) return parsed.data;
    context.addIssue("is not a cursor of this list");
    return z.NEVER;
  });
}

function parseOrNull(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null; // not a cursor of ours; the schema rejects null
  }
}

/** The internal key of a row, with which cursors of version 0.1.0 end. It is ignored, so that clients may go on with such a cursor. */
export const formerKey = z.string().regex(/^\d{1,18}$/);
