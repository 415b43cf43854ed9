import { SERVER_CLAIM } from "../../db/engine.js";
import type { Services } from "../../features/services.js";
import type { StorageTotals } from "../../features/storage/service.js";
import type { Clock } from "../../platform/clock.js";
import type { DiskWatch } from "../../platform/disk-watch.js";
import { folderSize } from "../../platform/folder-size.js";
import { holdReading } from "../../platform/held-reading.js";
import type { Metrics, Sample } from "../../platform/metrics.js";
import { withinTime } from "../../platform/within-time.js";

type Dependencies = {
  readonly metrics: Pick<Metrics, "watchSamples">;
  readonly storage: Services["storage"];
  readonly disk: DiskWatch | null;
  readonly clock: Clock;
};

/** The totals are read from all users and projects, and the size of a folder from all its files: once a minute at most. */
const READ_EVERY_MS = 60_000;

/** Prometheus waits ten seconds for all metrics together. */
const LONGEST_READ_MS = 2_000;

/**
 * Shows what is stored, who stores the most, and what is left of the disk. What cannot be read now is left out, so that the
 * other metrics are there while the database is away. Users and projects are named by the ids that the database has for
 * them: who reads the metrics learns no address and no name, and no id that a client chose, which may be a name too.
 */
export function watchStorage({ metrics, storage, disk, clock }: Dependencies): void {
  const inTime = <T>(read: Parameters<typeof withinTime<T>>[1]) => withinTime({ timeoutMs: LONGEST_READ_MS, claim: SERVER_CLAIM }, read);
  const totals = holdReading(() => inTime(storage.totals), { clock, forMs: READ_EVERY_MS });
  const show = (name: string, help: string, { labelNames = [], read }: Show) =>
    metrics.watchSamples({ name, help, labelNames, read: () => read().catch(() => []) });
  const ofTotals = (toSamples: (found: StorageTotals) => readonly Sample[]) => async () => toSamples(await totals());

  show("backstory_stored_bytes", "Bytes of content that all users own", { read: ofTotals(({ storedBytes }) => one(storedBytes)) });
  show("backstory_stored_items", "What is stored, by kind (users, projects, sessions)", {
    labelNames: ["kind"],
    read: ofTotals(({ users, projects, sessions }) =>
      Object.entries({ users, projects, sessions }).map(([kind, value]) => ({ labels: { kind }, value })),
    ),
  });
  show("backstory_user_stored_bytes", "Bytes of content of the 20 users who own the most", {
    labelNames: ["user"],
    read: ofTotals(({ largestUsers }) => largestUsers.map(({ id, storedBytes }) => ({ labels: { user: id }, value: storedBytes }))),
  });
  show("backstory_project_stored_bytes", "Bytes of content of the 20 largest projects, by the owner's id and the project's key", {
    labelNames: ["user", "project"],
    read: ofTotals(({ largestProjects }) =>
      largestProjects.map(({ key, ownerId, storedBytes }) => ({ labels: { user: ownerId, project: String(key) }, value: storedBytes })),
    ),
  });

  const folder = disk && holdReading(() => inTime(() => folderSize(disk.folder)), { clock, forMs: READ_EVERY_MS });
  show("backstory_database_bytes", "What the database takes on its disk", {
    read: folder === null ? ofTotals(({ databaseBytes }) => one(databaseBytes)) : async () => one(await folder()),
  });
  if (disk === null) return;
  show("backstory_disk_free_bytes", "Free bytes on the disk of the embedded database", {
    read: async () => one((await inTime(disk.latest)).freeBytes),
  });
}

type Show = { readonly labelNames?: readonly string[]; readonly read: () => Promise<readonly Sample[]> };

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }];
}
