import DataLoader from "dataloader";
import type { Principal } from "../auth/principal.js";
import type { Services } from "../services.js";
import type { PageOptions } from "../sessions/service.js";

export type Loaders = ReturnType<typeof createLoaders>;

type FindMany<Row> = (keys: readonly bigint[]) => Promise<readonly Row[]>;
type KeyOf<Row> = (row: Row) => bigint;

/**
 * Joins the look-ups of one operation: what fields of many objects ask for at the same time becomes one statement, so
 * that the number of statements does not grow with the number of rows. `caller` throws where nobody is signed in.
 */
export function createLoaders({ projects, sessions, related, members, analytics }: Services, caller: () => Principal) {
  return {
    project: one(
      (keys) => projects.byKeys(caller(), keys),
      ({ key }) => key,
    ),
    markdown: join(async (keys) => {
      const texts = await sessions.markdownOf(caller(), keys);
      return (key) => texts.get(key) ?? null;
    }),
    members: many(
      (keys) => members.ofProjects(caller(), keys),
      ({ projectKey }) => projectKey,
    ),
    totals: one(
      (keys) => analytics.ofProjects(caller(), keys),
      ({ projectKey }) => projectKey,
    ),
    metadata: one(
      (keys) => sessions.metadataOf(caller(), keys),
      ({ key }) => key,
    ),
    sessions: perArguments(({ limit, ...options }: PageOptions & { readonly limit: number }) =>
      many(
        (keys) => sessions.pagesOfProjects(caller(), keys, options, limit),
        ({ projectKey }) => projectKey,
      ),
    ),
    related: perArguments((limit: number) =>
      many(
        (keys) => related.relatedTo(caller(), keys, limit),
        ({ relatedTo }) => relatedTo,
      ),
    ),
    days: perArguments((days: number) =>
      many(
        (keys) => analytics.daysOfProjects(caller(), keys, days),
        ({ projectKey }) => projectKey,
      ),
    ),
    tags: perArguments((limit: number) =>
      many(
        (keys) => analytics.tagsOfProjects(caller(), keys, limit),
        ({ projectKey }) => projectKey,
      ),
    ),
  };
}

/** Finds the row of each key. */
function one<Row>(find: FindMany<Row>, keyOf: KeyOf<Row>) {
  return join(async (keys) => {
    const rows = new Map((await find(keys)).map((row) => [keyOf(row), row]));
    return (key) => rows.get(key) ?? null;
  });
}

/** Finds the rows of each key. */
function many<Row>(find: FindMany<Row>, keyOf: KeyOf<Row>) {
  return join(async (keys) => {
    const groups = new Map<bigint, Row[]>(keys.map((key) => [key, []]));
    for (const row of await find(keys)) groups.get(keyOf(row))?.push(row);
    return (key) => groups.get(key) ?? [];
  });
}

/** Nothing is remembered: a mutation must show what it wrote, whatever one before it in the same operation had read. */
function join<Value>(findAll: (keys: readonly bigint[]) => Promise<(key: bigint) => Value>) {
  return new DataLoader<bigint, Value>(async (keys) => keys.map(await findAll([...new Set(keys)])), { cache: false });
}

/** A loader for each set of arguments that a field is asked with. */
function perArguments<Arguments, Loader>(create: (args: Arguments) => Loader): (args: Arguments) => Loader {
  const loaders = new Map<string, Loader>();
  return (args) => {
    const name = JSON.stringify(args);
    const loader = loaders.get(name) ?? create(args);
    loaders.set(name, loader);
    return loader;
  };
}
