import type { GraphQLSchema } from "graphql";
import "./scalars.js";
import "../errors/graphql.js";
import "../projects/graphql.js";
import "../projects/mutations.js";
import "../users/graphql.js";
import "../projects/members-graphql.js";
import "../api-keys/graphql.js";
import "../devices/graphql.js";
import "../sessions/graphql.js";
import "../sessions/queries.js";
import "../sessions/mutations.js";
import "../search/graphql.js";
import "../analytics/graphql.js";
import "../limiter/graphql.js";
import { builder } from "./builder.js";

/** The whole schema. Each room declares its own types on the builder; this page is their list. */
export function createSchema(): GraphQLSchema {
  return builder.toSchema();
}
