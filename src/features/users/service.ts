import { insertEntries, toActorValues, type Actor } from "../../core/audit/record.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma, type PrismaClient, type User } from "../../db/generated/prisma/client.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Clock } from "../../platform/clock.js";
import type { Random } from "../../platform/random.js";

type Dependencies = { readonly prisma: PrismaClient; readonly query: Query; readonly clock: Clock; readonly random: Random };

export function createUserService({ prisma, query, clock, random }: Dependencies) {
  /** Makes a user without checking permissions: for the command line, which only the operator can use. */
  async function create(email: string, actor: Actor | null = null): Promise<User> {
    const [user] = await query<User>(insertUser({ id: random.uuid(), email, now: clock.now(), actor }));
    if (user === undefined)
      throw new AppError("RESOURCE_CONFLICT", { message: "A user with this e-mail exists already", details: { email } });
    return user;
  }

  return {
    create: (email: string) => create(email),

    async createAs(principal: Principal, email: string): Promise<User> {
      requireScope(principal, "admin");
      return create(email, principal);
    },

    async viewer(principal: Principal): Promise<User> {
      const [user] = await query<User>(
        Prisma.sql`SELECT "id", "email", "createdAt", "storedBytes", "lockedAt" FROM "User" WHERE "id" = ${principal.userId}::uuid`,
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

type NewUser = { readonly id: string; readonly email: string; readonly now: Date; readonly actor: Actor | null };

/** Makes a user. Selects nothing if another has the address. */
function insertUser({ id, email, now, actor }: NewUser): Prisma.Sql {
  return Prisma.sql`
    WITH made AS (
      INSERT INTO "User" ("id", "email", "createdAt") VALUES (${id}::uuid, ${email}, ${now}) ON CONFLICT ("email") DO NOTHING RETURNING *
    ), recorded AS (${insertEntries({
      from: Prisma.sql`made`,
      at: Prisma.sql`${now}`,
      action: Prisma.sql`'USER_CREATED'`,
      actor: toActorValues(actor),
      ownerId: Prisma.sql`made."id"`,
      details: Prisma.sql`jsonb_build_object('userId', made."id", 'email', made."email")`,
    })})
    SELECT "id", "email", "createdAt", "storedBytes", "lockedAt" FROM made`;
}
