import type { PrismaClient } from "./generated/prisma/client.js";

/** What both databases give: the adapter for Prisma, their migrations, and the way to close them. */
export type Engine = {
  readonly adapter: NonNullable<ConstructorParameters<typeof PrismaClient>[0]["adapter"]>;
  /** Applies the missing migrations and returns their names. */
  readonly migrate: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
};
