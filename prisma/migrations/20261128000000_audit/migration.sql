-- A locked user keeps everything, but no key, token or device of the user works.
ALTER TABLE "User" ADD COLUMN "lockedAt" timestamptz(3);
CREATE INDEX "User_createdAt_id_idx" ON "User" ("createdAt", "id");

-- What was done, by whom. It refers to no other table, because an entry outlives all that it speaks of. "key" orders the entries
-- of one millisecond and is shown to nobody; "id" names an entry to clients.
CREATE TABLE "AuditEntry" (
  "key" bigserial NOT NULL,
  "id" uuid NOT NULL DEFAULT gen_random_uuid(),
  "at" timestamptz(3) NOT NULL,
  "action" text NOT NULL,
  "actorEmail" text,
  "keyId" uuid,
  "ownerId" uuid,
  "projectId" text,
  "sessionId" uuid,
  "details" jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY ("at", "key")
);
CREATE INDEX "AuditEntry_action_at_key_idx" ON "AuditEntry" ("action", "at", "key");
CREATE INDEX "AuditEntry_ownerId_at_key_idx" ON "AuditEntry" ("ownerId", "at", "key");
CREATE INDEX "AuditEntry_ownerId_action_at_key_idx" ON "AuditEntry" ("ownerId", "action", "at", "key");
CREATE INDEX "AuditEntry_projectId_ownerId_at_key_idx" ON "AuditEntry" ("projectId", "ownerId", "at", "key");
CREATE INDEX "AuditEntry_projectId_ownerId_action_at_key_idx" ON "AuditEntry" ("projectId", "ownerId", "action", "at", "key");
