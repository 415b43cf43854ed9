import type { Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { LongText } from "../../platform/long-text.js";
import { roleOf } from "../projects/access.js";
import { createTextReader } from "../sessions/content/read-text.js";
import { sessionSummary, type SessionRow, type SessionSummary } from "../sessions/row.js";
import type { Fingerprint } from "./history-file.js";

/** The session that a conversation was stored in before. */
export type KnownSession = SessionSummary & {
  /** Of the Markdown; null where its size tells that it is another text, or where parts continue it. */
  readonly sha256: string | null;
  readonly parts: number;
};

type Wanted = { readonly projectId: string; readonly id: string; readonly fingerprint: Fingerprint };

/** Finds what is stored already of the conversations of a history. */
export function createKnownSessions({ query }: { readonly query: Query }) {
  const texts = createTextReader({ query });

  /** Finds the owner's session with this id in any project. The database compares the text, and only if the sizes agree. */
  async function find(principal: Principal, { projectId, id, fingerprint }: Wanted): Promise<KnownSession | undefined> {
    const role = roleOf(principal, Prisma.raw("p"));
    const statement = Prisma.sql`
      SELECT ${sessionSummary.column},
        CASE WHEN s."markdownSize" = ${fingerprint.bytes} AND c."markdownParts" = 0
          THEN encode(sha256(convert_to(c."markdown", 'UTF8')), 'hex') END AS "sha256",
        c."markdownParts" AS "parts"
      FROM "Session" s JOIN "SessionContent" c ON c."sessionKey" = s."key"
      WHERE s."id" = ${id}::uuid AND s."ownerId" = COALESCE((
        SELECT p."ownerId" FROM "Project" p ${role.join} WHERE p."id" = ${projectId} AND ${role.isReachable} ORDER BY ${role.order} LIMIT 1
      ), ${principal.userId}::uuid)`;
    const rows = await query<Encoded<Pick<KnownSession, "sha256" | "parts">>>(statement, principal.deadline);
    return rows.map(sessionSummary.read)[0];
  }

  /** Tells whether the session has this text. The database has compared it already, unless it has parts. */
  async function hasText({ deadline }: Principal, { key, markdownSize, sha256, parts }: KnownSession, { bytes, ...wanted }: Fingerprint) {
    if (parts === 0 || markdownSize !== bytes) return sha256 === wanted.sha256;
    return (await texts.sha256({ sessionKey: key, content: "markdown" }, deadline)) === wanted.sha256;
  }

  async function rawDataOf({ deadline }: Principal, { id, key, rawDataSize }: SessionRow): Promise<LongText> {
    if (rawDataSize === 0) return LongText.ofPieces([]);
    const found = await texts.whole({ sessionKey: key, content: "rawData" }, deadline);
    if (found === null) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details: { sessionId: id } });
    return found;
  }

  return { find, hasText, rawDataOf };
}
