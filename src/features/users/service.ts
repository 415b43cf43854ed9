import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type PrismaClient, type User } from "../../db/generated/prisma/client.js";
import { isUniqueViolation } from "../../db/violations.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";

type Dependencies = { readonly prisma: PrismaClient; readonly query: Query; readonly clock: Clock; readonly random: Random };

export function createUserService({ prisma, query, clock, random }: Dependencies) {
  /** Makes a user without checking permissions: for the command line, which only the operator can use. */
  async function create(email: string): Promise<User> {
    return prisma.user.create({ data: { id: random.uuid(), email, createdAt: clock.now() } }).catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? new AppError("RESOURCE_CONFLICT", { message: "A user with this e-mail exists already", details: { email } })
        : error;
    });
  }

  return {
    create,

    async createAs(principal: Principal, email: string): Promise<User> {
      requireScope(principal, "admin");
      return create(email);
    },

    async viewer(principal: Principal): Promise<User> {
      const [user] = await query<User>(
        Prisma.sql`SELECT "id", "email", "createdAt", "storedBytes" FROM "User" WHERE "id" = ${principal.userId}::uuid`,
        principal.deadline,
      );
      if (user === undefined) throw new AppError("RESOURCE_NOT_FOUND"); // the user was deleted since the key was read
      return user;
    },

    /** Tells whether there is any user. Every start asks this, and should not load Prisma's query engine for it. */
    areThereAny: async (): Promise<boolean> => (await query(Prisma.sql`SELECT 1 FROM "User" LIMIT 1`)).length > 0,

    findByEmail: (email: string): Promise<User | null> => prisma.user.findUnique({ where: { email } }),

    list: (): Promise<User[]> => prisma.user.findMany({ orderBy: [{ createdAt: "asc" }, { id: "asc" }] }),
  };
}
