import { countRead, requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { sizeOf, type EncodedList } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import { decodeContent } from "./content-codec.js";
import { createTextReader } from "./content/read-text.js";
import { wholeMarkdown } from "./content/part-statements.js";
import { sessionMetadata } from "./row.js";

const keys = new Parameter("keys");

const selectMetadata = toTemplate(Prisma.sql`SELECT ${sessionMetadata.list} FROM "Session" s WHERE s."key" = ANY(${keys}::bigint[])`);
const selectMarkdown = toTemplate(
  Prisma.sql`SELECT c."sessionKey", ${wholeMarkdown} FROM "SessionContent" c WHERE c."sessionKey" = ANY(${keys}::bigint[])`,
);

/** Reads the columns that lists of sessions leave out. The caller may see the sessions. */
export function createSessionContents({ query }: { readonly query: Query }) {
  const texts = createTextReader({ query });
  return {
    /** Reads the metadata of several sessions by their internal keys. */
    async metadataOf(principal: Principal, keys: readonly bigint[]) {
      requireScope(principal, "sessions:read");
      const rows = await query<EncodedList>(selectMetadata({ keys: [...keys] }), principal.deadline);
      countRead(principal, sizeOf(rows));
      return sessionMetadata.readAll(rows);
    },

    /** Reads the Markdown of several sessions by their internal keys. */
    async markdownOf(principal: Principal, keys: readonly bigint[]): Promise<ReadonlyMap<bigint, string>> {
      requireScope(principal, "sessions:read");
      const { deadline } = principal;
      const found = new Map<bigint, string>();
      for (const { sessionKey, markdown } of await query<Stored>(selectMarkdown({ keys: [...keys] }), deadline)) {
        const text = markdown === null ? await texts.whole({ sessionKey, content: "markdown" }, deadline) : decodeContent(markdown);
        if (text !== null) found.set(sessionKey, text.toString());
      }
      return found;
    },
  };
}

/** The Markdown in its stored form; null where parts continue it. */
type Stored = { readonly sessionKey: bigint; readonly markdown: string | null };
