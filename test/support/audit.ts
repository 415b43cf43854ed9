import { read } from "./actions.js";
import type { TestServer } from "./server.js";

export type Entry = {
  readonly id: string;
  readonly at: string;
  readonly action: string;
  readonly actorEmail: string | null;
  readonly keyId: string | null;
  readonly ownerId: string | null;
  readonly projectId: string | null;
  readonly sessionId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
};

export const ENTRY = "id at action actorEmail keyId ownerId projectId sessionId details";

/** Reads the audit log as a client does: the newest entries first, 200 at most. */
export async function entriesOf(server: TestServer, key: string, filter: { projectId?: string; action?: string } = {}): Promise<Entry[]> {
  const query = `query ($projectId: ID, $action: AuditAction) {
    auditLog(first: 200, projectId: $projectId, action: $action) { edges { node { ${ENTRY} } } } }`;
  const { auditLog } = await read(server, key, query, filter);
  return auditLog.edges.map(({ node }: { node: Entry }) => node);
}

/** What was done while something ran, the first deed first. `key` sees the log of all. */
export async function deedsOf(server: TestServer, key: string, run: () => Promise<unknown>): Promise<Entry[]> {
  const known = new Set((await entriesOf(server, key)).map(({ id }) => id));
  await run();
  return (await entriesOf(server, key)).filter(({ id }) => !known.has(id)).reverse();
}
