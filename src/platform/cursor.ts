import { z } from "zod";

/** Opaque text for a place in a list. It is checked as any input when it comes back: clients may edit it. */
export function encodeCursor(parts: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The longest that is made: a name of 255 characters, each of them six in JSON, and what tells equal names apart. */
const LONGEST_CURSOR = 4_000;

/** A cursor as input: the parts it was made of, if they are the ones that such a list has. */
export function cursorText<T extends z.ZodType>(parts: T) {
  const text = z.string("must be text").max(LONGEST_CURSOR, { error: "is not a cursor of this list", abort: true });
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
    return null; // no cursor of ours, as the schema will say
  }
}

/** The internal key of a row, in a cursor, which is bounded as a whole. */
export const keyPart = z.string().regex(/^\d{1,18}$/);
