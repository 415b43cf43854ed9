-- Who was invited to a project and has not answered yet. By address and not by user: the address may belong to nobody yet, and
-- whoever invites does not learn whether it does.
CREATE TABLE "Invitation" (
  "id" uuid PRIMARY KEY,
  "projectKey" bigint NOT NULL REFERENCES "Project" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
  "email" text NOT NULL,
  "role" "MemberRole" NOT NULL,
  "createdAt" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" timestamptz(3) NOT NULL
);
CREATE UNIQUE INDEX "Invitation_projectKey_email_key" ON "Invitation" ("projectKey", "email");
CREATE INDEX "Invitation_email_createdAt_idx" ON "Invitation" ("email", "createdAt");
