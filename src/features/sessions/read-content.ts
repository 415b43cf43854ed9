import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { EncodedList } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { decodeContent } from "./content-codec.js";
import { sessionMetadata } from "./row.js";

const keys = new Parameter("keys");

const selectMetadata = toTemplate(Prisma.sql`SELECT ${sessionMetadata.list} FROM "Session" s WHERE s."key" = ANY(${keys}::bigint[])`);
const selectMarkdown = toTemplate(
  Prisma.sql`SELECT "sessionKey", "markdown" FROM "SessionContent" WHERE "sessionKey" = ANY(${keys}::bigint[])`,
);
/** Reads the columns that lists of sessions leave out. The caller may see the sessions. */
export function createSessionContents({ query }: { readonly query: Query }) {
  return {
    /** Reads the metadata of several sessions by their internal keys. */
    async metadataOf(principal: Principal, keys: readonly bigint[]) {
      requireScope(principal, "sessions:read");
      return sessionMetadata.readAll(await query<EncodedList>(selectMetadata({ keys: [...keys] }), principal.deadline));
    },

    /** Reads the Markdown of several sessions by their internal keys. */
    async markdownOf(principal: Principal, keys: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
      requireScope(principal, "sessions:read");
      const rows = await query<{ sessionKey: bigint; markdown: string }>(selectMarkdown({ keys: [...keys] }), principal.deadline);
      return new Map(rows.map(({ sessionKey, markdown }) => [sessionKey, decodeContent(markdown)]));
    },
  };
}
