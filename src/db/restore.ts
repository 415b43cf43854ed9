import { restoreInto, type RestoreOptions } from "./backup/restore.js";
import type { DatabaseOptions } from "./database.js";
import { restoreEmbedded } from "./embedded/restore.js";
import { withConnection } from "./pool.js";
import { connectionTo } from "./postgres.js";

type Target = Pick<DatabaseOptions, "databaseUrl" | "dataDir" | "databaseTimeoutMs">;

/** Restores a backup into the database of the settings, and returns the number of rows. @throws what `restoreInto` and `restoreEmbedded` throw */
export function restoreDatabase({ databaseUrl, dataDir, databaseTimeoutMs }: Target, options: RestoreOptions): Promise<number> {
  if (databaseUrl !== undefined)
    return withConnection(connectionTo(databaseUrl, databaseTimeoutMs), (connection) => restoreInto(connection, options));
  return restoreEmbedded({ dataDir, isReplacing: options.isReplacing, load: (connection) => restoreInto(connection, options) });
}
