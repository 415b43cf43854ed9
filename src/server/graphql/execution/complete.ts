import {
  defaultTypeResolver,
  GraphQLError,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLAbstractType,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from "graphql";
import { inspect } from "graphql/jsutils/inspect.js";
import { executeFields } from "./execute-fields.js";
import { FieldInfo } from "./field-info.js";
import { isPromise } from "./is-promise.js";
import { leafOf, serialize, serializeQuickly } from "./leaf.js";
import type { Complete, FieldPlan, Place, Run } from "./types.js";

/** Makes the function that completes values of a type, once for each type of the schema. */
export function createCompleters(): (type: GraphQLOutputType) => Complete {
  const known = new Map<GraphQLOutputType, Complete>();

  function completerOf(type: GraphQLOutputType): Complete {
    const found = known.get(type) ?? create(type);
    known.set(type, found);
    return found;
  }

  function create(type: GraphQLOutputType): Complete {
    if (isNonNullType(type)) return nonNull(completerOf(type.ofType));
    if (isListType(type)) return nullable(list(type.ofType, completerOf(type.ofType)));
    if (isLeafType(type)) return nullable((_run, _place, value) => serialize(type, value));
    if (isAbstractType(type)) return nullable(abstract(type));
    return nullable(object(type));
  }

  return completerOf;
}

function nonNull(complete: Complete): Complete {
  return (run, place, value) => {
    const completed = complete(run, place, value);
    if (completed === null) throw new Error(`Cannot return null for non-nullable field ${coordinateOf(place.field)}.`);
    return completed;
  };
}

function nullable(complete: Complete): Complete {
  return (run, place, value) => {
    if (value instanceof Error) throw value;
    return value == null ? null : complete(run, place, value);
  };
}

function list(itemType: GraphQLOutputType, completeItem: Complete): Complete {
  const leaf = leafOf(itemType);
  const isNullable = !isNonNullType(itemType);
  return (run, prev, value) => {
    const { field } = prev;
    if (!isIterable(value)) throw new GraphQLError(`Expected Iterable, but did not find one for field "${coordinateOf(field)}".`);
    const values = Array.isArray(value) ? (value as readonly unknown[]) : Array.from(value);
    const items: unknown[] = [];
    let hasPromise = false;
    try {
      for (let key = 0; key < values.length; key += 1) {
        const quick = leaf === null ? undefined : serializeQuickly(leaf, values[key]);
        const item = quick ?? completeOne(run, { place: { prev, key, typename: undefined, field, isNullable }, completeItem }, values[key]);
        if (quick === undefined && isPromise(item)) hasPromise = true;
        items.push(item);
      }
    } catch (error) {
      Promise.all(items).catch(() => undefined); // the list is lost already, and so is what its other items reject
      throw error;
    }
    return hasPromise ? Promise.all(items) : items;
  };
}

type Item = { readonly place: Place; readonly completeItem: Complete };

/** Completes an item of a list. What fails in it takes the list away only where items may not be null. */
function completeOne(run: Run, { place, completeItem }: Item, value: unknown): unknown {
  try {
    const completed = isPromise(value) ? value.then((resolved) => completeItem(run, place, resolved)) : completeItem(run, place, value);
    return isPromise(completed) ? completed.then(undefined, (error: unknown) => run.errors.report(error, place)) : completed;
  } catch (error) {
    return run.errors.report(error, place);
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && typeof (value as Partial<Iterable<unknown>> | null)?.[Symbol.iterator] === "function";
}

function object(type: GraphQLObjectType): Complete {
  return (run, place, source) => {
    const selection = run.plan.selectionOf(place.field, type, run.variables);
    if (type.isTypeOf == null) return executeFields(run, selection, { source, place });
    const executeAs = (isTypeOf: boolean) => {
      if (isTypeOf) return executeFields(run, selection, { source, place });
      throw new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(source)}.`, { nodes: place.field.nodes });
    };
    const isTypeOf = type.isTypeOf(source, run.context, new FieldInfo(run, place));
    return isPromise(isTypeOf) ? isTypeOf.then(executeAs) : executeAs(isTypeOf);
  };
}

function abstract(type: GraphQLAbstractType): Complete {
  const resolveType = type.resolveType ?? defaultTypeResolver;
  const byName = new Map<unknown, Complete>();

  function completerOf(name: unknown, run: Run, field: FieldPlan): Complete {
    const known = byName.get(name);
    if (known !== undefined) return known;
    const complete = object(requireRuntimeType(name, type, { run, field }));
    byName.set(name, complete);
    return complete;
  }

  return (run, place, value) => {
    const name = resolveType(value, run.context, new FieldInfo(run, place), type);
    if (isPromise(name)) return name.then((resolved) => completerOf(resolved, run, place.field)(run, place, value));
    return completerOf(name, run, place.field)(run, place, value);
  };
}

function requireRuntimeType(name: unknown, type: GraphQLAbstractType, { run, field }: { run: Run; field: FieldPlan }): GraphQLObjectType {
  const found = typeof name === "string" ? run.plan.schema.getType(name) : undefined;
  if (isObjectType(found) && run.plan.schema.isSubType(type, found)) return found;
  const message = `Abstract type "${type.name}" must resolve to one of its Object types at runtime for field "${coordinateOf(field)}", but was ${inspect(name)}.`;
  throw new GraphQLError(message, { nodes: field.nodes });
}

function coordinateOf({ parentType, definition }: FieldPlan): string {
  return `${parentType.name}.${definition.name}`;
}
