import { Prisma } from "../../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../../db/statement.js";
import type { ContentName } from "./stored-text.js";

const [uploadId, content, index] = [new Parameter("uploadId"), new Parameter("content"), new Parameter("index")];
const [text, at] = [new Parameter("text"), new Parameter("at")];
const [sessionKey, keepsSessionData] = [new Parameter("sessionKey"), new Parameter("keepsSessionData")];

/** The most old parts that one statement deletes, so that it does not keep others waiting. */
const MOST_DELETED = 200;

/** Stores a part that belongs to no session yet. */
export const stagePart = toTemplate(Prisma.sql`
  INSERT INTO "SessionContentPart" ("uploadId", "content", "index", "text", "stagedAt")
  VALUES (${uploadId}::uuid, ${content}, ${index}::int, ${text}, ${at}::timestamptz)`);

/**
 * Gives the parts of an upload to a session, and deletes those that the session had. Selects how many it gave. It must be a
 * statement of its own, after the one that locks the project: a statement does not see parts that were given to the session
 * while it waited.
 */
export const linkParts = toTemplate(Prisma.sql`
  WITH replaced AS (
    DELETE FROM "SessionContentPart" WHERE "sessionKey" = ${sessionKey}::bigint AND ("content" <> 'sessionData' OR NOT ${keepsSessionData}::boolean)
  ), linked AS (
    UPDATE "SessionContentPart" SET "sessionKey" = ${sessionKey}::bigint WHERE "uploadId" = ${uploadId}::uuid RETURNING 1
  )
  SELECT count(*)::int AS "parts" FROM linked`);

/** Deletes the parts of an upload that belong to no session. */
export const discardParts = toTemplate(Prisma.sql`
  DELETE FROM "SessionContentPart" WHERE "uploadId" = ${uploadId}::uuid AND "sessionKey" IS NULL`);

/** Deletes some of the parts that were staged before a time and belong to no session. */
export const discardOldParts = toTemplate(Prisma.sql`
  DELETE FROM "SessionContentPart" WHERE ("uploadId", "content", "index") IN (
    SELECT "uploadId", "content", "index" FROM "SessionContentPart" WHERE "sessionKey" IS NULL AND "stagedAt" < ${at}::timestamptz
    LIMIT ${Prisma.raw(String(MOST_DELETED))})`);

/** Selects a part of a session's text: none if the session does not have this upload any more. */
export const selectPart = toTemplate(Prisma.sql`
  SELECT "text" FROM "SessionContentPart"
  WHERE "uploadId" = ${uploadId}::uuid AND "content" = ${content} AND "index" = ${index}::int AND "sessionKey" = ${sessionKey}::bigint`);

/** SQL for the upload whose parts continue a text of the content called c; null where it has none. */
export function uploadOf(name: ContentName): Prisma.Sql {
  return Prisma.sql`CASE WHEN c.${partsColumn(name)} > 0 THEN (
    SELECT p."uploadId" FROM "SessionContentPart" p WHERE p."sessionKey" = c."sessionKey" AND p."content" = ${Prisma.raw(`'${name}'`)} LIMIT 1) END`;
}

/** The column that tells how many parts continue a text. */
export function partsColumn(name: ContentName): Prisma.Sql {
  return Prisma.raw(`"${name}Parts"`);
}

/** SQL for the Markdown of the content called c, in its stored form; null where parts continue it. */
export const wholeMarkdown = Prisma.sql`CASE WHEN c."markdownParts" = 0 THEN c."markdown" END AS "markdown"`;

/** A larger Markdown is read when the memory for it is reserved, and not together with its session. */
const MOST_WITH_SESSION = 100_000;

/** SQL for the Markdown of the session called s and its content called c, in its stored form; null where it is large. */
export const smallMarkdown = Prisma.sql`
  CASE WHEN c."markdownParts" = 0 AND s."markdownSize" <= ${Prisma.raw(String(MOST_WITH_SESSION))} THEN c."markdown" END AS "markdown"`;
