import { change, createProject, save, share, uuid } from "./actions.js";
import type { TestServer, TestUser } from "./server.js";

export type Assorted = {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly startedAt: string | null;
  readonly markdownSize: number;
};

export const ORDERS = ["CREATED_AT", "UPDATED_AT", "STARTED_AT", "NAME", "MARKDOWN_SIZE"].flatMap((key) => [`${key}_ASC`, `${key}_DESC`]);

/**
 * Forty sessions whose times, names and sizes are often equal and whose start is often not known, in two own projects
 * and a shared one.
 */
export async function makeAssorted(server: TestServer, user: TestUser): Promise<Assorted[]> {
  const other = await server.addUser();
  await createProject(server, other.key, { id: "shared" });
  await share(server, other.key, "shared", user.email, "EDITOR");
  const rows: Assorted[] = [];
  for (let number = 0; number < 40; number += 1) {
    if (number % 4 === 0) server.clock.advance(1_000);
    const scrambled = (number * 17) % 40;
    const input = {
      id: uuid(scrambled),
      projectId: ["one", "two", "shared"][number % 3],
      name: ["b", "B", "a", "ä", "é", "z"][number % 6],
      markdown: "x".repeat(scrambled % 5),
      startedAt: scrambled % 3 === 0 ? null : new Date(Date.UTC(2026, 0, 1 + (scrambled % 7))).toISOString(),
    };
    rows.push(await save(server, user.key, input));
  }
  // Some are replaced later, so that they are not in the order of their creation.
  for (const row of rows.filter((_row, index) => index % 7 === 0)) {
    server.clock.advance(500);
    const { id, projectId, name, startedAt, markdownSize } = row;
    const { session } = await change(
      server,
      user.key,
      "saveSession",
      { id, projectId, name, startedAt, markdown: "x".repeat(markdownSize) },
      "session { updatedAt }",
    );
    rows[rows.indexOf(row)] = { ...row, updatedAt: session.updatedAt };
  }
  return rows;
}

/** The ids in an order of `SessionOrder`, worked out apart from the server: unknown starts last, ties by id. */
export function inOrder(rows: readonly Assorted[], order: string): string[] {
  const cut = order.lastIndexOf("_");
  const sign = order.slice(cut + 1) === "ASC" ? 1 : -1;
  const keys = {
    CREATED_AT: "createdAt",
    UPDATED_AT: "updatedAt",
    STARTED_AT: "startedAt",
    NAME: "name",
    MARKDOWN_SIZE: "markdownSize",
  } as const;
  const key = keys[order.slice(0, cut) as keyof typeof keys];
  const compare = (a: string | number, b: string | number) => (a < b ? -sign : a > b ? sign : 0);
  const sorted = [...rows].sort((a, b) => {
    const [left, right] = [a[key], b[key]];
    if (left === null || right === null) return left === right ? compare(a.id, b.id) : left === null ? 1 : -1;
    return compare(left, right) || compare(a.id, b.id);
  });
  return sorted.map(({ id }) => id);
}
