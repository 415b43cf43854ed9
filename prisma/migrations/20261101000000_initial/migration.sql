CREATE TYPE "MemberRole" AS ENUM ('VIEWER', 'EDITOR');

CREATE TABLE "User" (
  "id" uuid PRIMARY KEY,
  "email" text NOT NULL,
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "storedBytes" bigint NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX "User_email_key" ON "User" ("email");

CREATE TABLE "ApiKey" (
  "id" uuid PRIMARY KEY,
  "userId" uuid NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "name" text NOT NULL,
  "hash" text NOT NULL,
  "scopes" text[],
  "rateLimit" text,
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" timestamptz(3),
  "lastUsedAt" timestamptz(3),
  "revokedAt" timestamptz(3)
);
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey" ("hash");
CREATE INDEX "ApiKey_userId_createdAt_idx" ON "ApiKey" ("userId", "createdAt");

CREATE TABLE "DeviceCode" (
  "hash" text PRIMARY KEY,
  "userId" uuid NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "scopes" text[],
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" timestamptz(3) NOT NULL,
  "usedAt" timestamptz(3)
);
CREATE INDEX "DeviceCode_userId_idx" ON "DeviceCode" ("userId");
CREATE INDEX "DeviceCode_expiresAt_idx" ON "DeviceCode" ("expiresAt");

CREATE TABLE "Project" (
  "key" bigserial PRIMARY KEY,
  "ownerId" uuid NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "id" text NOT NULL,
  "name" text NOT NULL,
  "icon" text,
  "color" text,
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updatedAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "lastActivity" timestamptz(3),
  "sessionCount" integer NOT NULL DEFAULT 0
);
-- The id comes first: one look-up answers whose project an id is, the caller's own, a shared one or a foreign one.
CREATE UNIQUE INDEX "Project_id_ownerId_key" ON "Project" ("id", "ownerId");
CREATE INDEX "Project_ownerId_createdAt_idx" ON "Project" ("ownerId", "createdAt");

CREATE TABLE "ProjectMember" (
  "projectKey" bigint NOT NULL REFERENCES "Project" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
  "userId" uuid NOT NULL REFERENCES "User" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "role" "MemberRole" NOT NULL,
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("projectKey", "userId")
);
CREATE INDEX "ProjectMember_userId_createdAt_idx" ON "ProjectMember" ("userId", "createdAt");

CREATE TABLE "Session" (
  "key" bigserial PRIMARY KEY,
  "projectKey" bigint NOT NULL REFERENCES "Project" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
  "ownerId" uuid NOT NULL,
  "id" uuid NOT NULL,
  -- One order of names on every database, whatever its locale.
  "name" text COLLATE "C" NOT NULL,
  "etag" text NOT NULL,
  "markdownSize" integer NOT NULL,
  "rawDataSize" integer NOT NULL,
  "sessionDataSize" integer NOT NULL,
  "createdAt" timestamptz(3) NOT NULL,
  "updatedAt" timestamptz(3) NOT NULL,
  "startedAt" timestamptz(3),
  "endedAt" timestamptz(3),
  "clientName" text,
  "clientVersion" text,
  "agentName" text,
  "deviceId" text,
  "machineName" text,
  "title" text,
  "gitBranches" text[],
  "llmModels" text[],
  "tags" text[],
  "keywords" text[]
);
CREATE UNIQUE INDEX "Session_id_ownerId_key" ON "Session" ("id", "ownerId");
-- One index an order of `SessionOrder`, among the sessions of an owner and among those of a project; a start that is not
-- known comes last in both directions, hence two.
CREATE INDEX "Session_ownerId_createdAt_id_idx" ON "Session" ("ownerId", "createdAt", "id");
CREATE INDEX "Session_ownerId_updatedAt_id_idx" ON "Session" ("ownerId", "updatedAt", "id");
CREATE INDEX "Session_ownerId_startedAt_id_asc_idx" ON "Session" ("ownerId", COALESCE("startedAt", 'infinity'), "id");
CREATE INDEX "Session_ownerId_startedAt_id_desc_idx" ON "Session" ("ownerId", COALESCE("startedAt", '-infinity'), "id");
CREATE INDEX "Session_ownerId_name_id_idx" ON "Session" ("ownerId", "name", "id");
CREATE INDEX "Session_ownerId_markdownSize_id_idx" ON "Session" ("ownerId", "markdownSize", "id");
CREATE INDEX "Session_projectKey_createdAt_id_idx" ON "Session" ("projectKey", "createdAt", "id");
CREATE INDEX "Session_projectKey_updatedAt_id_idx" ON "Session" ("projectKey", "updatedAt", "id");
CREATE INDEX "Session_projectKey_startedAt_id_asc_idx" ON "Session" ("projectKey", COALESCE("startedAt", 'infinity'), "id");
CREATE INDEX "Session_projectKey_startedAt_id_desc_idx" ON "Session" ("projectKey", COALESCE("startedAt", '-infinity'), "id");
CREATE INDEX "Session_projectKey_name_id_idx" ON "Session" ("projectKey", "name", "id");
CREATE INDEX "Session_projectKey_markdownSize_id_idx" ON "Session" ("projectKey", "markdownSize", "id");
-- For the filters.
CREATE INDEX "Session_ownerId_clientName_idx" ON "Session" ("ownerId", "clientName");
CREATE INDEX "Session_ownerId_agentName_idx" ON "Session" ("ownerId", "agentName");
CREATE INDEX "Session_ownerId_deviceId_idx" ON "Session" ("ownerId", "deviceId");
CREATE INDEX "Session_tags_idx" ON "Session" USING gin ("tags");
CREATE INDEX "Session_llmModels_idx" ON "Session" USING gin ("llmModels");
CREATE INDEX "Session_gitBranches_idx" ON "Session" USING gin ("gitBranches");

CREATE TABLE "SessionContent" (
  "sessionKey" bigint PRIMARY KEY REFERENCES "Session" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
  "markdown" text NOT NULL,
  "rawData" text NOT NULL,
  "sessionData" text
);

CREATE TABLE "SessionSearch" (
  "sessionKey" bigint PRIMARY KEY REFERENCES "Session" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
  "document" tsvector NOT NULL
);
-- Without the pending list: a search never pays for the writes before it.
CREATE INDEX "SessionSearch_document_idx" ON "SessionSearch" USING gin ("document") WITH (fastupdate = off);

-- Paths, identifiers, addresses and HTML are searched by their words: PostgreSQL's parser would take `src/checkout.swift`
-- or `-5` for one word and drop `<String>`, so the characters that mislead it become spaces; all others part words anyhow.
-- U+0001 begins the stored form of a control character (sessions/content-codec.ts). An accented letter has one form.
CREATE FUNCTION "searchable"("text" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT normalize(
  replace(replace(replace(replace(replace(replace(replace(replace(replace(replace("text",
    E'\x01' || '0', ' '), E'\x01' || '1', ' '), E'\x01' || '2', ' '), '-', ' '), '+', ' '), '.', ' '), '/', ' '), '~', ' '), '&', ' '), '<', ' '),
  NFC) $$;

-- A tsvector holds at most 1,048,575 bytes, so the index covers the first part of a long content: a million characters
-- where their words fit, else half as many, and so on: a character never takes more than 12 bytes, so it ends soon.
CREATE FUNCTION "searchDocument"("name" text, "tags" text[], "content" text) RETURNS tsvector LANGUAGE plpgsql AS $$
DECLARE
  head tsvector := setweight(to_tsvector('simple', "searchable"("name")), 'A')
    || setweight(to_tsvector('simple', "searchable"(array_to_string("tags", ' '))), 'B');
  size integer := 1000000;
BEGIN
  LOOP
    BEGIN
      RETURN head || setweight(to_tsvector('simple', "searchable"(left("content", size))), 'D');
    EXCEPTION WHEN program_limit_exceeded THEN
      size := size / 2;
    END;
  END LOOP;
END $$;
