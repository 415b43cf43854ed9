import { z } from "zod";
import { badInput } from "../errors/bad-input.js";

/** Opaque text for a place in a list. It is checked as any input when it comes back: clients may edit it. */
export function encodeCursor(parts: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** @throws VALIDATION_ERROR naming the argument, if the text is no cursor of this kind of list */
export function decodeCursor<T extends z.ZodType>(schema: T, cursor: string, argument: string): z.output<T> {
  const parsed = schema.safeParse(parseOrNull(cursor));
  if (parsed.success) return parsed.data;
  throw badInput([{ path: [argument], reason: "INVALID_PARAMETER", message: `${argument}: is not a cursor of this list` }]);
}

function parseOrNull(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null; // no cursor of ours, as the schema will say
  }
}

export const timestampPart = z.iso.datetime();
export const keyPart = z.string().regex(/^\d{1,18}$/);
