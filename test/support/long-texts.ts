import type { TestServer, TestUser } from "./server.js";

/** Content is cut into pieces of at most so many characters, and a session holds the first million of a text. */
export const PIECE = 500_000;

/** A text of more than four pieces in which a run of something lies across every place where it may be cut. */
export function longText(atCuts: string, fill = "a"): string {
  const run = atCuts.repeat(12);
  const gap = fill.repeat((PIECE - run.length) / fill.length);
  return [run, gap, run, gap, run, gap, run, gap, run, "end"].join("").slice(Math.floor(run.length / 2 / atCuts.length) * atCuts.length);
}

/** How many parts the sessions of a user have, and how many parts belong to no session. */
export async function countParts(server: TestServer, { id }: TestUser): Promise<{ parts: number; staged: number }> {
  const text = `SELECT (count(*) FILTER (WHERE s."ownerId" = $1::uuid))::int AS "parts", (count(*) FILTER (WHERE p."sessionKey" IS NULL))::int AS "staged"
    FROM "SessionContentPart" p LEFT JOIN "Session" s ON s."key" = p."sessionKey"`;
  const [counted] = await server.sql<{ parts: number; staged: number }>({ text, values: [id] });
  if (counted === undefined) throw new Error("A count has a row");
  return counted;
}
