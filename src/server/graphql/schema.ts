import type { GraphQLSchema } from "graphql";
import "../../kits/graphql/scalars.js";
import "./error-catalog-type.js";
import "../../features/projects/graphql.js";
import "../../features/users/graphql.js";
import "../../features/members/graphql.js";
import "../../features/members/invitations-graphql.js";
import "../../features/api-keys/graphql.js";
import "../../features/devices/graphql.js";
import "../../features/sessions/graphql.js";
import "../../features/search/graphql.js";
import "../../features/search/related-graphql.js";
import "../../features/accounts/graphql.js";
import "../../features/analytics/graphql.js";
import "../../features/audit/graphql.js";
import "./rate-limit-type.js";
import { builder } from "../../kits/graphql/builder.js";

/** Builds the whole schema. Each feature declares its own types on the builder, and this file imports them all. */
export function createSchema(): GraphQLSchema {
  return builder.toSchema();
}
