import { Prisma, type Session } from "../db/generated/prisma/client.js";

/** A session without its content, as every list holds it. */
export type SessionRow = Omit<Session, "keywords"> & { readonly projectId: string };

const COLUMNS: readonly (keyof SessionRow & keyof Session)[] = [
  "key", "projectKey", "ownerId", "id", "name", "etag", "markdownSize", "rawDataSize", "sessionDataSize", "createdAt", "updatedAt", "startedAt", "endedAt",
  "clientName", "clientVersion", "agentName", "deviceId", "machineName", "title", "gitBranches", "llmModels", "tags",
]; // prettier-ignore

/** The columns of a SessionRow, of the table called s; to be selected once the rows are chosen, since it looks each one's project up. */
export const sessionColumns = Prisma.raw(
  `${COLUMNS.map((name) => `s."${name}"`).join(", ")}, (SELECT o."id" FROM "Project" o WHERE o."key" = s."projectKey") AS "projectId"`,
);
