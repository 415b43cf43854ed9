import { Prisma } from "../../db/generated/prisma/client.js";
import { Parameter, toTemplate } from "../../db/statement.js";

/**
 * Locks a project, so that what is changed of its members and invitations happens one after the other. Selects nothing if the
 * project is gone. A later statement of the transaction sees what was changed before.
 */
export const lockProject = toTemplate(Prisma.sql`SELECT u."email" AS "ownerEmail" FROM "Project" p JOIN "User" u ON u."id" = p."ownerId"
  WHERE p."key" = ${new Parameter("key")} FOR NO KEY UPDATE OF p`);
