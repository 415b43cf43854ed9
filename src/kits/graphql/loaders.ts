import DataLoader from "dataloader";
import type { GraphQLContext } from "./context.js";

/** Loaders of one operation by what defined them; each is created when a field asks for it first. */
export type Loaders = Map<object, unknown>;

type FindMany<Row> = (context: GraphQLContext, keys: readonly bigint[]) => Promise<readonly Row[]>;
type KeyOf<Row> = (row: Row) => bigint;
type Loader<Value> = { readonly load: (key: bigint) => Promise<Value> };

/**
 * Defines a loader that joins the look-ups of one operation: what fields of many objects ask for at the same time becomes
 * one statement, so that the number of statements does not grow with the number of rows. Each key has one row at most.
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

/** Defines a loader from a function that finds the values of all keys at once. */
export function defineLoader<Value>(
  findAll: (context: GraphQLContext, keys: readonly bigint[]) => Promise<(key: bigint) => Value>,
): (context: GraphQLContext) => Loader<Value> {
  const definition = {};
  return (context) => oncePerOperation(context, definition, () => join((keys) => findAll(context, keys)));
}

/** Defines a set of loaders: one for each set of arguments that a field is asked with; `nameOf` gives equal ones equal names. */
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

/** Nothing is remembered: a mutation must show what it wrote, whatever one before it in the same operation had read. */
function join<Value>(findAll: (keys: readonly bigint[]) => Promise<(key: bigint) => Value>): Loader<Value> {
  return new DataLoader<bigint, Value>(async (keys) => keys.map(await findAll([...new Set(keys)])), { cache: false });
}
