/** Sessions in the GraphQL schema. */
import "./graphql/queries.js";
import "./graphql/project-fields.js";
import "./graphql/mutations.js";

export { SessionFiltersInput } from "./graphql/filters-input.js";
export { SessionInterface } from "./graphql/type.js";
export { lookAheadAtSessions } from "./graphql/look-ahead.js";
