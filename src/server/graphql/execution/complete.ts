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
import { isIterableObject } from "graphql/jsutils/isIterableObject.js";
import { isPromise } from "graphql/jsutils/isPromise.js";
import { completeAt } from "./complete-at.js";
import { executeFields } from "./execute-fields.js";
import { FieldInfo } from "./field-info.js";
import { leafOf, serialize, serializeQuickly } from "./leaf.js";
import type { Complete, FieldPlan, Run } from "./types.js";

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
    if (isLeafType(type)) return nullable((_run, _position, value) => serialize(type, value));
    if (isAbstractType(type)) return nullable(abstract(type));
    return nullable(object(type));
  }

  return completerOf;
}

function nonNull(complete: Complete): Complete {
  return (run, position, value) => {
    const completed = complete(run, position, value);
    if (completed === null) throw new Error(`Cannot return null for non-nullable field ${coordinateOf(position.field)}.`);
    return completed;
  };
}

function nullable(complete: Complete): Complete {
  return (run, position, value) => {
    if (value instanceof Error) throw value;
    return value == null ? null : complete(run, position, value);
  };
}

function list(itemType: GraphQLOutputType, complete: Complete): Complete {
  const leaf = leafOf(itemType);
  const isNullable = !isNonNullType(itemType);
  return (run, prev, value) => {
    const { field } = prev;
    if (!isIterableObject(value)) throw new GraphQLError(`Expected Iterable, but did not find one for field "${coordinateOf(field)}".`);
    const values: readonly unknown[] = Array.isArray(value) ? value : Array.from(value);
    const items: unknown[] = [];
    let hasPromise = false;
    try {
      for (let key = 0; key < values.length; key += 1) {
        const quick = leaf === null ? undefined : serializeQuickly(leaf, values[key]);
        const item = quick ?? completeAt(run, { prev, key, typename: undefined, field, isNullable, complete }, values[key]);
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

function object(type: GraphQLObjectType): Complete {
  return (run, position, source) => {
    const selection = run.plan.selectionOf(position.field, type, run.variables);
    if (type.isTypeOf == null) return executeFields(run, selection, { source, position });
    const executeAs = (isTypeOf: boolean) => {
      if (isTypeOf) return executeFields(run, selection, { source, position });
      throw new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(source)}.`, { nodes: position.field.nodes });
    };
    const isTypeOf = type.isTypeOf(source, run.context, new FieldInfo(run, position));
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

  return (run, position, value) => {
    const name = resolveType(value, run.context, new FieldInfo(run, position), type);
    if (isPromise(name)) return name.then((resolved) => completerOf(resolved, run, position.field)(run, position, value));
    return completerOf(name, run, position.field)(run, position, value);
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
