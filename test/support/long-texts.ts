import { PIECE_CHARACTERS as PIECE } from "../../src/platform/long-text.js";
import type { TestServer, TestUser } from "./server.js";

/** A session holds the first million characters of a text, which end where a piece does. */
const IN_SESSION = Math.ceil(1_000_000 / PIECE);

/** The pieces of a text of two million characters, and how many of them are parts. */
const PIECES = Math.ceil(2_000_000 / PIECE);
export const PARTS = PIECES - IN_SESSION;

/** A text of that many pieces in which a run of something lies across every place where it may be cut. */
export function longText(atCuts: string, fill = "a"): string {
  const run = atCuts.repeat(12);
  const gap = fill.repeat((PIECE - run.length) / fill.length);
  const text = `${`${run}${gap}`.repeat(PIECES - 1)}${run}end`;
  return text.slice(Math.floor(run.length / 2 / atCuts.length) * atCuts.length);
}

/** How many parts the sessions of a user have, and how many parts belong to no session. */
export async function countParts(server: TestServer, { id }: TestUser): Promise<{ parts: number; staged: number }> {
  const text = `SELECT (count(*) FILTER (WHERE s."ownerId" = $1::uuid))::int AS "parts", (count(*) FILTER (WHERE p."sessionKey" IS NULL))::int AS "staged"
    FROM "SessionContentPart" p LEFT JOIN "Session" s ON s."key" = p."sessionKey"`;
  const [counted] = await server.sql<{ parts: number; staged: number }>({ text, values: [id] });
  if (counted === undefined) throw new Error("A count has a row");
  return counted;
}
