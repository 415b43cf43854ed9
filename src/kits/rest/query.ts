import { z } from "zod";

/** A flag of a query string, in which all parameters are text. */
export const flagText = z
  .enum(["true", "false"], "must be true or false")
  .optional()
  .transform((text) => text === "true");

/** A whole number between two bounds, both included. */
export function countText(least: number, most: number) {
  const message = `must be a whole number between ${least} and ${most}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, message)
    .transform(Number)
    .refine((count) => count >= least && count <= most, message);
}
