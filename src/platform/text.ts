import { z } from "zod";
import { LongText } from "./long-text.js";

/**
 * Text that every database can store and return unchanged: without U+0000, without half a surrogate pair, and without a byte
 * order mark in front, which drivers drop.
 */
export const storableText = z.string("must be text").superRefine((text, context) => {
  if (text.includes("\0")) context.addIssue("must not contain the character U+0000");
  else if (!text.isWellFormed()) context.addIssue("must be well-formed Unicode");
  else if (text.startsWith("\uFEFF")) context.addIssue("must not begin with a byte order mark");
});

/**
 * A rule for `refine` that limits the length as people count it: an emoji is one character, which JavaScript counts as two.
 * A pattern must not read texts of any length, so pipe it behind this rule: zod runs all rules of one schema, even after one
 * has failed.
 */
export function atMost(characters: number) {
  const fits = (text: string) => text.length <= characters || (text.length <= 2 * characters && Array.from(text).length <= characters);
  return [fits, `must have at most ${characters} characters`] as const;
}

/** A name that people see. */
export const nameText = storableText.refine(...atMost(255)).refine((text) => text.trim() !== "", "must not be blank");

/**
 * Content is kept byte for byte, so U+0000 is allowed. Half a surrogate pair is not: UTF-8 has no bytes for it. Long content
 * may come in pieces.
 */
export const contentText = z
  .unknown()
  .meta({ type: "string" })
  .transform((given, context) => {
    if (given instanceof LongText) return given;
    if (typeof given === "string") return LongText.from(given);
    context.issues.push({ code: "invalid_type", expected: "string", input: given, message: "must be text" });
    return z.NEVER;
  })
  .refine((text) => text.isWellFormed(), "must be well-formed Unicode");

/** The email address that names a user. Upper and lower case are equal. */
export const emailText = z
  .string("must be an e-mail address")
  .max(255, "must have at most 255 characters")
  .pipe(z.email("must be an e-mail address"))
  .transform((text) => text.toLowerCase());

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** For look-ups by id: a malformed UUID names nothing, and PostgreSQL would raise an error for it. */
export function uuidOrNull(id: string): string | null {
  return UUID.test(id) ? id : null;
}
