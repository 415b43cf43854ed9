import { billingRoutes } from "../billing/rest.js";
import { deviceRoutes } from "../devices/rest.js";
import { projectRoutes } from "../projects/rest.js";
import { searchRoutes } from "../search/rest.js";
import { sessionRoutes } from "../sessions/rest-session.js";
import { sessionListRoutes } from "../sessions/rest-lists.js";
import type { RestRoute } from "./route.js";

/** The whole REST API. Each room declares its own routes; where two paths fit, the earlier one answers. */
export const restRoutes: readonly RestRoute[] = [
  ...projectRoutes,
  ...sessionListRoutes,
  ...sessionRoutes,
  ...searchRoutes,
  ...deviceRoutes,
  ...billingRoutes,
];
