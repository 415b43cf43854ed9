/** Projects in the GraphQL schema. */
import "./graphql/queries.js";
import "./graphql/mutations.js";

export { ProjectType } from "./graphql/type.js";
