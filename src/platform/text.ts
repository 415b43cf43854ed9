import { z } from "zod";

/**
 * Text that every database can hold and that reads the same everywhere: no U+0000, no half of a surrogate pair, no byte
 * order mark in front, which drivers drop.
 */
export const storableText = z.string("must be text").superRefine((text, context) => {
  if (text.includes("\0")) context.addIssue("must not contain the character U+0000");
  else if (!text.isWellFormed()) context.addIssue("must be well-formed Unicode");
  else if (text.startsWith("\uFEFF")) context.addIssue("must not begin with a byte order mark");
});

/**
 * For `refine`: a length as people count it. What JavaScript counts as two, an emoji, is one character. The rules after it
 * are asked of texts that keep it only, since a pattern must not run on a text of any length.
 */
export function atMost(characters: number) {
  const fits = (text: string) => text.length <= characters || (text.length <= 2 * characters && Array.from(text).length <= characters);
  return [fits, { error: `must have at most ${characters} characters`, abort: true }] as const;
}

/** What people see a thing by. */
export const nameText = storableText.refine(...atMost(255)).refine((text) => text.trim() !== "", "must not be blank");

/** Content is kept byte for byte, so U+0000 is allowed; half of a surrogate pair has no bytes in UTF-8. */
export const contentText = z.string("must be text").refine((text) => text.isWellFormed(), "must be well-formed Unicode");

/** An address that names a user; upper and lower case are one. */
export const emailText = z
  .string("must be an e-mail address")
  .max(255, { error: "must have at most 255 characters", abort: true })
  .check(z.email("must be an e-mail address"))
  .transform((text) => text.toLowerCase());
