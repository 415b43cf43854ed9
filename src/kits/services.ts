/** The only import of a higher layer: the kits hand the services to handlers, for which they need only the type. */
export type { Services } from "../features/services.js";
