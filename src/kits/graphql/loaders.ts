import DataLoader from "dataloader";
import type { GraphQLContext } from "./context.js";

/** The loaders of one operation by their definitions. Each is created when a field first asks for it. */
export type Loaders = Map<object, unknown>;

type FindMany<Row> = (context: GraphQLContext, keys: readonly bigint[]) => Promise<readonly Row[]>;
type KeyOf<Row> = (row: Row) => bigint;
type Loader<Value> = { readonly load: (key: bigint) => Promise<Value> };

/**
 * Defines a loader that joins the look-ups of one operation: the keys that fields ask for at the same time are looked up by
 * one statement, so that the number of statements does not grow with the number of rows. Each key has at most one row.
 */
export function defineRowLoader<Row>(find: FindMany<Row>, keyOf: KeyOf<Row>): (context: GraphQLContext) => Loader<Row | null> {
  return defineLoader(async (context, keys) => {
    const rows = new Map((await find(context, keys)).map((row) => [keyOf(row), row]));
    return (key) => rows.get(key) ?? null;
  });
}

/** Defines a loader whose keys have any number of rows each. */
export function defineRowsLoader<Row>(find: FindMany<Row>, keyOf: KeyOf<Row>): (context: GraphQLContext) => Loader<Row[]> {
  return defineLoader(async (context, keys) => {
    const groups = new Map<bigint, Row[]>(keys.map((key) => [key, []]));
    for (const row of await find(context, keys)) groups.get(keyOf(row))?.push(row);
    return (key) => groups.get(key) ?? [];
  });
}

/** Defines a loader from a function that finds the values of all keys at once, or for single keys the errors that their fields fail with. */
export function defineLoader<Value>(
  findAll: (context: GraphQLContext, keys: readonly bigint[]) => Promise<(key: bigint) => Value | Error>,
): (context: GraphQLContext) => Loader<Value> {
  const definition = {};
  return (context) => oncePerOperation(context, definition, () => join((keys) => findAll(context, keys)));
}

/** Defines loaders for a field with arguments, one for each set of arguments. `nameOf` gives equal arguments equal names. */
export function defineLoadersByArguments<Arguments, Value>(
  define: (args: Arguments) => (context: GraphQLContext) => Loader<Value>,
  nameOf: (args: Arguments) => string = JSON.stringify,
): (context: GraphQLContext, args: Arguments) => Loader<Value> {
  const definition = {};
  return (context, args) => {
    const byArguments = oncePerOperation(context, definition, () => new Map<string, Loader<Value>>());
    const name = nameOf(args);
    const loader = byArguments.get(name) ?? define(args)(context);
    byArguments.set(name, loader);
    return loader;
  };
}

function oncePerOperation<T>({ loaders }: GraphQLContext, definition: object, create: () => T): T {
  const found = (loaders.get(definition) as T | undefined) ?? create(); // each definition stores one type of value
  loaders.set(definition, found);
  return found;
}

/** Joins look-ups and caches nothing: a mutation must show what it wrote, even if an earlier mutation of the operation has read it. */
function join<Value>(findAll: (keys: readonly bigint[]) => Promise<(key: bigint) => Value | Error>): Loader<Value> {
  return new DataLoader<bigint, Value>(async (keys) => keys.map(await findAll([...new Set(keys)])), { cache: false });
}
