import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { EncodedList } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { decodeContent } from "./content-codec.js";
import { sessionMetadata, type SessionSummary } from "./row.js";

/** The texts of a session that can be read: the Markdown, and what it takes to resume the conversation. */
export type ReadableContent = "markdown" | "sessionData";

const keys = new Parameter("keys");

const selectMetadata = toTemplate(Prisma.sql`SELECT ${sessionMetadata.list} FROM "Session" s WHERE s."key" = ANY(${keys}::bigint[])`);
const selectMarkdown = toTemplate(
  Prisma.sql`SELECT "sessionKey", "markdown" FROM "SessionContent" WHERE "sessionKey" = ANY(${keys}::bigint[])`,
);
const selectContent = (column: ReadableContent) =>
  toTemplate(Prisma.sql`SELECT c.${Prisma.raw(`"${column}"`)} AS "text" FROM "SessionContent" c JOIN "Session" s ON s."key" = c."sessionKey"
    WHERE s."key" = ${new Parameter("key")} AND s."etag" = ${new Parameter("etag")}`);
const contents = { markdown: selectContent("markdown"), sessionData: selectContent("sessionData") };

/** Reads what lists of sessions leave out, of sessions that the caller may see. */
export function createSessionContents({ query }: { readonly query: Query }) {
  return {
    /** The metadata of several sessions by their internal keys. */
    async metadataOf(principal: Principal, keys: readonly bigint[]) {
      requireScope(principal, "sessions:read");
      return sessionMetadata.readAll(await query<EncodedList>(selectMetadata({ keys: [...keys] }), principal.deadline));
    },

    /** The Markdown of several sessions by their internal keys. */
    async markdownOf(principal: Principal, keys: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
      requireScope(principal, "sessions:read");
      const rows = await query<{ sessionKey: bigint; markdown: string }>(selectMarkdown({ keys: [...keys] }), principal.deadline);
      return new Map(rows.map(({ sessionKey, markdown }) => [sessionKey, decodeContent(markdown)]));
    },

    /** A content of a session as it was at a version; null if the session is at another one by now. */
    async contentAt(
      { deadline }: Principal,
      { key, etag }: Pick<SessionSummary, "key" | "etag">,
      content: ReadableContent,
    ): Promise<string | null> {
      const [found] = await query<{ text: string | null }>(contents[content]({ key, etag }), deadline);
      return found?.text == null ? null : decodeContent(found.text);
    },
  };
}
