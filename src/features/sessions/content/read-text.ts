import { createHash } from "node:crypto";
import { AppError } from "../../../core/errors/app-error.js";
import type { Query } from "../../../db/engine.js";
import { Prisma } from "../../../db/generated/prisma/client.js";
import { Parameter, toTemplate, type StatementTemplate } from "../../../db/statement.js";
import type { Deadline } from "../../../platform/deadline.js";
import { LongText } from "../../../platform/long-text.js";
import { decodeContent, withoutMarkEscape } from "../content-codec.js";
import { partsColumn, selectPart, uploadOf } from "./part-statements.js";
import { contentNames, type ContentName } from "./stored-text.js";

/** A text as a statement found it with its session: its beginning, in its stored form, and where the parts are that continue it. */
export type FoundText = { readonly beginning: string; readonly parts: number; readonly uploadId: string | null };

/** A text of a session. The internal key names the session. */
export type TextName = { readonly sessionKey: bigint; readonly content: ContentName };

export type TextReader = ReturnType<typeof createTextReader>;

/** SQL for the columns of a `FoundText`, of the content called c. */
export function textColumns(content: ContentName): Prisma.Sql {
  return Prisma.sql`c.${Prisma.raw(`"${content}"`)} AS "beginning", c.${partsColumn(content)} AS "parts", ${uploadOf(content)} AS "uploadId"`;
}

const key = new Parameter("key");
const selectText = Object.fromEntries(
  contentNames.map((content) => {
    const statement = Prisma.sql`SELECT ${textColumns(content)} FROM "SessionContent" c WHERE c."sessionKey" = ${key}`;
    return [content, toTemplate(statement)];
  }),
) as Record<ContentName, StatementTemplate>; // Object.fromEntries loses the keys

/** A text was replaced or deleted after a part of it had been read. */
export class OvertakenError extends AppError {
  constructor() {
    super("RESOURCE_CONFLICT", { message: "The session was replaced or deleted while its content was read" });
  }
}

/** Reads texts of any length. The caller may see the session. */
export function createTextReader({ query }: { readonly query: Query }) {
  /** Reads the pieces of a text in their stored form, one at a time. @throws CONFLICT if the text is not there any more */
  async function* storedPieces(found: FoundText, { sessionKey, content }: TextName, deadline?: Deadline): AsyncGenerator<string> {
    yield found.beginning;
    for (let index = 0; index < found.parts; index += 1) {
      const statement = selectPart({ uploadId: found.uploadId, sessionKey, content, index });
      const [part] = await query<{ text: string }>(statement, deadline);
      if (part === undefined) throw new OvertakenError();
      yield withoutMarkEscape(part.text);
    }
  }

  /** Reads the pieces of a text, one at a time. @throws CONFLICT if the text is not there any more */
  async function* pieces(...args: Parameters<typeof storedPieces>): AsyncGenerator<string> {
    for await (const piece of storedPieces(...args)) yield decodeContent(piece);
  }

  /** Finds the text and does something with it, again if it is replaced meanwhile. Returns null if there is none. */
  async function retrying<T>(name: TextName, deadline: Deadline | undefined, use: (found: FoundText) => Promise<T>): Promise<T | null> {
    for (;;) {
      const [found] = await query<FoundText | Empty>(selectText[name.content]({ key: name.sessionKey }), deadline);
      if (found === undefined || found.beginning === null) return null;
      try {
        return await use(found);
      } catch (error) {
        if (!(error instanceof OvertakenError)) throw error;
      }
    }
  }

  return {
    pieces,

    /** Reads the whole text. Returns null if there is none. */
    whole: (name: TextName, deadline?: Deadline): Promise<LongText | null> =>
      retrying(name, deadline, async (found) => {
        const read: string[] = [];
        for await (const piece of pieces(found, name, deadline)) read.push(piece);
        return LongText.ofPieces(read);
      }),

    /** Computes the SHA-256 of the text's stored form, and returns null if there is no text. */
    sha256: (name: TextName, deadline?: Deadline): Promise<string | null> =>
      retrying(name, deadline, async (found) => {
        const digest = createHash("sha256");
        for await (const piece of storedPieces(found, name, deadline)) digest.update(piece);
        return digest.digest("hex");
      }),
  };
}

type Empty = { readonly beginning: null };
