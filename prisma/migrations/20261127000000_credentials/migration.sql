-- A credential that a key made is its child, and ends with it. Keys that exist become roots: who made them is not known.
ALTER TABLE "ApiKey" ADD COLUMN "parentId" uuid REFERENCES "ApiKey" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE INDEX "ApiKey_parentId_idx" ON "ApiKey" ("parentId");

-- A device was made in the instant in which its code was used, so that a code that is still stored tells the key that made the
-- device. Where two codes of one user were used in one instant by different keys, that is not known.
UPDATE "ApiKey" d SET "parentId" = c."makers"[1]
FROM (SELECT "userId", "usedAt", array_agg(DISTINCT "apiKeyId") AS "makers" FROM "DeviceCode" WHERE "usedAt" IS NOT NULL GROUP BY 1, 2) c
WHERE d."kind" = 'DEVICE' AND d."userId" = c."userId" AND d."createdAt" = c."usedAt" AND cardinality(c."makers") = 1;

-- What a revoked key made was to end with it.
WITH RECURSIVE ended AS (
  SELECT "id", "revokedAt" FROM "ApiKey" WHERE "revokedAt" IS NOT NULL
  UNION
  SELECT d."id", e."revokedAt" FROM "ApiKey" d JOIN ended e ON d."parentId" = e."id"
)
UPDATE "ApiKey" d SET "revokedAt" = e."revokedAt" FROM ended e WHERE d."id" = e."id" AND d."revokedAt" IS NULL;
