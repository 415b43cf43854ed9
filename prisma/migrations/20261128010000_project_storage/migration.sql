-- What each project takes of its owner's storage, kept by each write as the number of its sessions is.
ALTER TABLE "Project" ADD COLUMN "storedBytes" bigint NOT NULL DEFAULT 0;
UPDATE "Project" p SET "storedBytes" = s."bytes"
FROM (SELECT "projectKey", sum("markdownSize"::bigint + "rawDataSize" + "sessionDataSize") AS "bytes" FROM "Session" GROUP BY "projectKey") s
WHERE s."projectKey" = p."key";
