import { Prisma } from "./generated/prisma/client.js";

/** Tells whether a write failed because another row has the unique value. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002";
}

/** Tells whether a write failed because a row that it refers to is gone. */
export function isMissingReference(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2003";
}
