/** The one import that runs up: the kits hand the services to handlers, and only their type is needed for that. */
export type { Services } from "../features/services.js";
