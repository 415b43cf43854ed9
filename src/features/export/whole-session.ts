import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { Parameter, toTemplate } from "../../db/statement.js";
import type { Deadline } from "../../platform/deadline.js";
import { LongText } from "../../platform/long-text.js";
import { partsColumn, uploadOf } from "../sessions/content/part-statements.js";
import { createTextReader, OvertakenError } from "../sessions/content/read-text.js";
import { contentNames, type ContentName } from "../sessions/content/stored-text.js";
import { sessionSummary, type SessionSummary } from "../sessions/row.js";

/** A text of a session: its bytes in UTF-8, and its pieces, which can be read once. */
export type SessionText = { readonly name: ContentName; readonly bytes: number; readonly pieces: AsyncIterable<string> };

/** A session with all its texts, all of one version. */
export type WholeSession = { readonly session: SessionSummary; readonly texts: readonly SessionText[] };

/**
 * So many bytes of a session are read before any is handed out. As long as nothing is, a session that is replaced meanwhile is
 * simply read again.
 */
export const READ_AHEAD_BYTES = 8_000_000;

type Row = Encoded<Readonly<Record<string, unknown>>>;
type TextOf = { readonly session: SessionSummary; readonly name: ContentName };
type Reading = { readonly name: ContentName; readonly bytes: number; readonly pieces: AsyncGenerator<string> };

/** Reads sessions whole. The caller may see them. */
export function createWholeSessions({ query }: { readonly query: Query }) {
  const reader = createTextReader({ query });

  function toReadings(row: Row, session: SessionSummary, deadline: Deadline | undefined): Reading[] {
    return contentNames.flatMap((name) => toReading(row, { session, name }, deadline));
  }

  function toReading(row: Row, { session, name }: TextOf, deadline: Deadline | undefined): Reading[] {
    const { [name]: beginning, [`${name}Parts`]: parts, [`${name}Upload`]: uploadId } = row;
    if (typeof beginning !== "string") return []; // it has no such text
    const found = { beginning, parts: Number(parts), uploadId: typeof uploadId === "string" ? uploadId : null };
    const pieces = reader.pieces(found, { sessionKey: session.key, content: name }, deadline);
    return [{ name, bytes: session[`${name}Size`], pieces }];
  }

  return {
    /**
     * Reads a session, and of its texts as much as memory may hold. The pieces of a longer text are read when they are asked
     * for: they throw CONFLICT if the session was replaced or deleted since. Returns null if there is no such session.
     */
    async read(key: bigint, deadline: Deadline | undefined): Promise<WholeSession | null> {
      for (;;) {
        const [row] = await query<Row>(selectSession({ key }), deadline);
        if (row === undefined) return null;
        const session = sessionSummary.read({ row: row.row });
        try {
          return { session, texts: await readAhead(toReadings(row, session, deadline)) };
        } catch (error) {
          if (!(error instanceof OvertakenError)) throw error;
        }
      }
    },
  };
}

async function readAhead(readings: readonly Reading[]): Promise<SessionText[]> {
  const texts: SessionText[] = [];
  let room = READ_AHEAD_BYTES;
  for (const { name, bytes, pieces } of readings) {
    const known = LongText.collect();
    let read = 0;
    while (read < bytes && room > 0) {
      const next = await pieces.next();
      if (next.done === true) break;
      known.add(next.value);
      read += Buffer.byteLength(next.value);
      room -= Buffer.byteLength(next.value);
    }
    texts.push({ name, bytes, pieces: joined(known.finish(), pieces) });
  }
  return texts;
}

async function* joined(known: Iterable<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield* known;
  yield* rest;
}

const textColumns = (name: ContentName) =>
  Prisma.sql`c.${Prisma.raw(`"${name}"`)}, c.${partsColumn(name)}, ${uploadOf(name)} AS ${Prisma.raw(`"${name}Upload"`)}`;

/** In one statement, so that the session and its texts are of one version. */
const selectSession = toTemplate(Prisma.sql`
  SELECT ${sessionSummary.column}, ${Prisma.join(contentNames.map(textColumns), ", ")}
  FROM "Session" s LEFT JOIN "SessionContent" c ON c."sessionKey" = s."key" WHERE s."key" = ${new Parameter("key")}::bigint`);
