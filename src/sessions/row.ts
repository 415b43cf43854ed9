import { Prisma, type Session } from "../db/generated/prisma/client.js";

/** A session without its content, as every list holds it. */
export type SessionRow = Omit<Session, "keywords">;

const COLUMNS: readonly (keyof SessionRow)[] = [
  "key", "projectKey", "ownerId", "id", "name", "etag", "markdownSize", "rawDataSize", "sessionDataSize", "createdAt", "updatedAt", "startedAt", "endedAt",
  "clientName", "clientVersion", "agentName", "deviceId", "machineName", "title", "gitBranches", "llmModels", "tags",
]; // prettier-ignore

/** The columns of a SessionRow, of the table called s. */
export const sessionColumns = Prisma.raw(COLUMNS.map((name) => `s."${name}"`).join(", "));
