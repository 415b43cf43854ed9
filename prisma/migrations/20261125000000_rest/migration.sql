-- A device that signed in with a code holds a key as well; its text is a refresh token, good only for access tokens.
CREATE TYPE "ApiKeyKind" AS ENUM ('API_KEY', 'DEVICE');
ALTER TABLE "ApiKey" ADD COLUMN "kind" "ApiKeyKind" NOT NULL DEFAULT 'API_KEY';

CREATE TABLE "AccessToken" (
  "hash" text PRIMARY KEY,
  "apiKeyId" uuid NOT NULL REFERENCES "ApiKey" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" timestamptz(3) NOT NULL
);
CREATE INDEX "AccessToken_apiKeyId_idx" ON "AccessToken" ("apiKeyId");
CREATE INDEX "AccessToken_expiresAt_idx" ON "AccessToken" ("expiresAt");

-- How long the Markdown is as a JSON string, so that HEAD can say how long an answer is without reading what is in it.
-- U+0001 begins the stored form of a control character or of a byte order mark (sessions/content-codec.ts): in JSON each
-- of them is one character shorter than what it is stored as, and the mark, which JSON does not escape, four.
ALTER TABLE "Session" ADD COLUMN "markdownJsonSize" integer NOT NULL DEFAULT 0;
UPDATE "Session" s SET "markdownJsonSize" = octet_length(to_json(c."markdown")::text)
  - (length(c."markdown") - length(replace(c."markdown", E'\x01', '')))
  - CASE WHEN c."markdown" LIKE E'\x01' || '2%' THEN 3 ELSE 0 END
FROM "SessionContent" c WHERE c."sessionKey" = s."key";
ALTER TABLE "Session" ALTER COLUMN "markdownJsonSize" DROP DEFAULT;

-- For the lists of what a conversation can be resumed from.
CREATE INDEX "Session_resumable_idx" ON "Session" ("projectKey", "createdAt", "id") WHERE "sessionDataSize" > 0;

-- A device lives no longer than the key that let it in.
ALTER TABLE "DeviceCode" ADD COLUMN "apiKeyId" uuid REFERENCES "ApiKey" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
