import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { PrismaClient, User } from "../../db/generated/prisma/client.js";
import { isUniqueViolation } from "../../db/violations.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";

type Dependencies = { readonly prisma: PrismaClient; readonly clock: Clock; readonly random: Random };

export function createUserService({ prisma, clock, random }: Dependencies) {
  /** Makes a user without asking who wants it: for the command line, which is the operator's own. */
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
      return prisma.user.findUniqueOrThrow({ where: { id: principal.userId } });
    },

    findByEmail: (email: string): Promise<User | null> => prisma.user.findUnique({ where: { email } }),

    list: (): Promise<User[]> => prisma.user.findMany({ orderBy: [{ createdAt: "asc" }, { id: "asc" }] }),
  };
}
