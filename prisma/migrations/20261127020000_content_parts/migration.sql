-- A text of more than a million characters goes on in parts, so that no statement carries all of it (sessions/content).
-- How many parts continue each text:
ALTER TABLE "SessionContent"
  ADD COLUMN "markdownParts" integer NOT NULL DEFAULT 0,
  ADD COLUMN "rawDataParts" integer NOT NULL DEFAULT 0,
  ADD COLUMN "sessionDataParts" integer NOT NULL DEFAULT 0;

CREATE TABLE "SessionContentPart" (
  "uploadId" uuid NOT NULL,
  "content" text NOT NULL,
  "index" integer NOT NULL,
  "text" text NOT NULL,
  "sessionKey" bigint REFERENCES "Session" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
  "stagedAt" timestamptz(3) NOT NULL,
  PRIMARY KEY ("uploadId", "content", "index")
);
CREATE INDEX "SessionContentPart_sessionKey_content_idx" ON "SessionContentPart" ("sessionKey", "content");
-- Finds the parts that no session has: those of uploads that go on, and of uploads that a crash ended.
CREATE INDEX "SessionContentPart_staged_idx" ON "SessionContentPart" ("stagedAt") WHERE "sessionKey" IS NULL;

-- Cuts the long texts that are stored already. No part ends between U+0001 and the digit that belongs to it, and none begins
-- with a byte order mark, which drivers drop (sessions/content-codec.ts).
CREATE FUNCTION pg_temp.cut("key" bigint, "content" text, "whole" text, "upload" uuid) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  rest text := "whole";
  size integer := 1000000;
  parts integer := 0;
BEGIN
  LOOP
    IF substr(rest, size, 1) = E'\x01' THEN size := size + 1; END IF;
    IF parts > 0 THEN
      INSERT INTO "SessionContentPart" ("uploadId", "content", "index", "text", "sessionKey", "stagedAt")
      VALUES ("upload", "content", parts - 1, regexp_replace(left(rest, size), E'^\uFEFF', E'\x01' || '2'), "key", now());
    END IF;
    rest := substr(rest, size + 1);
    EXIT WHEN rest = '';
    parts := parts + 1;
    size := 500000;
  END LOOP;
  RETURN parts;
END $$;

CREATE FUNCTION pg_temp.beginning("whole" text) RETURNS text LANGUAGE sql AS $$
  SELECT left("whole", CASE WHEN substr("whole", 1000000, 1) = E'\x01' THEN 1000001 ELSE 1000000 END) $$;

DO $$
DECLARE
  long record;
  upload uuid;
BEGIN
  FOR long IN SELECT "key", "markdownSize", "rawDataSize", "sessionDataSize" FROM "Session"
    WHERE greatest("markdownSize", "rawDataSize", "sessionDataSize") > 1000000
  LOOP
    upload := gen_random_uuid();
    IF long."markdownSize" > 1000000 THEN
      UPDATE "SessionContent" SET "markdownParts" = pg_temp.cut(long."key", 'markdown', "markdown", upload), "markdown" = pg_temp.beginning("markdown")
      WHERE "sessionKey" = long."key";
    END IF;
    IF long."rawDataSize" > 1000000 THEN
      UPDATE "SessionContent" SET "rawDataParts" = pg_temp.cut(long."key", 'rawData', "rawData", upload), "rawData" = pg_temp.beginning("rawData")
      WHERE "sessionKey" = long."key";
    END IF;
    IF long."sessionDataSize" > 1000000 THEN
      UPDATE "SessionContent" SET "sessionDataParts" = pg_temp.cut(long."key", 'sessionData', "sessionData", upload), "sessionData" = pg_temp.beginning("sessionData")
      WHERE "sessionKey" = long."key";
    END IF;
  END LOOP;
END $$;

DROP FUNCTION pg_temp.cut(bigint, text, text, uuid);
DROP FUNCTION pg_temp.beginning(text);
