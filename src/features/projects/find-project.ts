import type { Concealment } from "../../core/auth/concealment.js";
import type { Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { createTemplates, Parameter, toTemplate } from "../../db/statement.js";
import { requireReachable, roleOf, type AccessibleProject, type Role } from "./access.js";
import { wholeProject, type ProjectSelection } from "./row.js";

export type FindProject = (principal: Principal, id: string, selection?: ProjectSelection) => Promise<AccessibleProject>;

type Dependencies = { readonly query: Query; readonly policy: Concealment };

const role = roleOf({ userId: new Parameter("userId") }, Prisma.raw("p"));
const withId = Prisma.sql`FROM "Project" p ${role.join} WHERE p."id" = ${new Parameter("id")}`;

/** Finds the project that an id names, with the user's role in it. @throws NOT_FOUND, FORBIDDEN */
export function createFindProject({ query, policy }: Dependencies): FindProject {
  const templateOf = createTemplates();
  const reachable = policy.concealForbidden ? Prisma.sql`AND ${role.isReachable}` : Prisma.empty;

  return async (principal, id, selection = wholeProject) => {
    const { variant, codec, args } = selection;
    const template = templateOf(
      variant,
      () => Prisma.sql`SELECT CASE WHEN p."role" IS NOT NULL THEN ${codec.value}::text END AS "row", p."role"
        FROM (SELECT p.*, ${role.column} ${withId} ${reachable} ORDER BY ${role.order} LIMIT 1) p`,
    );
    const [project] = await query<Encoded<{ role: Role | null }>>(template({ ...args, userId: principal.userId, id }), principal.deadline);
    requireReachable(project, "Project", { projectId: id });
    return codec.read(project);
  };
}

const reachableWithId = toTemplate(Prisma.sql`SELECT 1 ${withId} AND ${role.isReachable} LIMIT 1`);

/** Tells whether an id names a project that the user can reach. */
export async function isIdInUse(query: Query, { userId, deadline }: Principal, id: string): Promise<boolean> {
  return (await query(reachableWithId({ userId, id }), deadline)).length > 0;
}
