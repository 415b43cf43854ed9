import { backupRoutes } from "../../features/backups/rest.js";
import { billingRoutes } from "../../features/billing/rest.js";
import { deviceRoutes } from "../../features/devices/rest.js";
import { exportRoutes } from "../../features/export/rest.js";
import { projectRoutes } from "../../features/projects/rest.js";
import { searchRoutes } from "../../features/search/rest.js";
import { sessionRoutes } from "../../features/sessions/rest.js";
import { projectListRoutes } from "../../features/sync/rest-projects.js";
import { sessionListRoutes } from "../../features/sync/rest.js";
import type { RestRoute } from "../../kits/rest/route.js";

/** The whole REST API. Each feature declares its own routes. If two paths match, the earlier route answers. */
export const restRoutes: readonly RestRoute[] = [
  ...projectListRoutes,
  ...projectRoutes,
  ...sessionListRoutes,
  ...sessionRoutes,
  ...searchRoutes,
  ...deviceRoutes,
  ...billingRoutes,
  ...exportRoutes,
  ...backupRoutes,
];
