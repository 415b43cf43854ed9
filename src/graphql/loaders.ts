import DataLoader from "dataloader";
import type { Principal } from "../auth/principal.js";
import type { SessionFilters } from "../sessions/filters.js";
import type { SessionOrder } from "../sessions/order.js";
import type { Services } from "../services.js";

export type Loaders = ReturnType<typeof createLoaders>;

type SessionList = { readonly filters?: SessionFilters; readonly orderBy: SessionOrder; readonly limit: number };

/**
 * Joins the look-ups of one operation: what fields of many objects ask for at the same time becomes one statement, so
 * that the number of statements does not grow with the number of rows. `caller` throws where nobody is signed in.
 */
export function createLoaders(services: Services, caller: () => Principal) {
  const { projects, sessions, members, analytics } = services;
  return {
    project: new DataLoader(async (keys: readonly bigint[]) => inOrder(keys, await projects.byKeys(caller(), keys), ({ key }) => key)),
    markdown: new DataLoader(async (keys: readonly bigint[]) => {
      const texts = await sessions.markdownOf(keys);
      return keys.map((key) => texts.get(key) ?? null);
    }),
    members: new DataLoader(async (keys: readonly bigint[]) =>
      grouped(keys, await members.ofProjects(caller(), keys), ({ projectKey }) => projectKey),
    ),
    totals: new DataLoader(async (keys: readonly bigint[]) =>
      inOrder(keys, await analytics.ofProjects(caller(), keys), ({ projectKey }) => projectKey),
    ),
    sessions: perArguments(
      ({ limit, orderBy, filters }: SessionList) =>
        async (keys) =>
          grouped(keys, await sessions.ofProjects(caller(), keys, { orderBy, filters }, limit), ({ projectKey }) => projectKey),
    ),
    related: perArguments(
      (limit: number) => async (keys) => grouped(keys, await sessions.relatedTo(caller(), keys, limit), ({ relatedTo }) => relatedTo),
    ),
    days: perArguments(
      (days: number) => async (keys) => grouped(keys, await analytics.daysOfProjects(caller(), keys, days), ({ projectKey }) => projectKey),
    ),
    tags: perArguments(
      (limit: number) => async (keys) =>
        grouped(keys, await analytics.tagsOfProjects(caller(), keys, limit), ({ projectKey }) => projectKey),
    ),
  };
}

/** A loader for each set of arguments that a field is asked with. */
function perArguments<A, V>(batch: (args: A) => (keys: readonly bigint[]) => Promise<V[]>) {
  const loaders = new Map<string, DataLoader<bigint, V>>();
  return (args: A): DataLoader<bigint, V> => {
    const name = JSON.stringify(args);
    const known = loaders.get(name);
    if (known !== undefined) return known;
    const loader = new DataLoader<bigint, V>(batch(args));
    loaders.set(name, loader);
    return loader;
  };
}

function inOrder<T>(keys: readonly bigint[], rows: readonly T[], keyOf: (row: T) => bigint): (T | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => byKey.get(key) ?? null);
}

function grouped<T>(keys: readonly bigint[], rows: readonly T[], keyOf: (row: T) => bigint): T[][] {
  const groups = new Map<bigint, T[]>(keys.map((key) => [key, []]));
  for (const row of rows) groups.get(keyOf(row))?.push(row);
  return keys.map((key) => groups.get(key) ?? []);
}
