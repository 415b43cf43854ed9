import { isLeafType, isNonNullType, type GraphQLLeafType, type GraphQLType } from "graphql";
import { inspect } from "graphql/jsutils/inspect.js";

/** The leaf type that a type is, or is when it is not null. */
export function leafOf(type: GraphQLType): GraphQLLeafType | null {
  const inner = isNonNullType(type) ? type.ofType : type;
  return isLeafType(inner) ? inner : null;
}

/** The value as the answer has it where that is plain to see; undefined where it takes all the rules to tell. */
export function serializeQuickly(type: GraphQLLeafType, value: unknown): unknown {
  if (value == null || typeof value === "function" || (typeof value === "object" && !(value instanceof Date))) return undefined;
  try {
    return type.serialize(value) ?? undefined;
  } catch {
    return undefined; // it is serialized again, and its error reported
  }
}

/** @throws what the type throws for a value that it does not have */
export function serialize(type: GraphQLLeafType, value: unknown): unknown {
  const serialized: unknown = type.serialize(value);
  if (serialized != null) return serialized;
  const call = `${inspect(type)}.serialize(${inspect(value)})`;
  throw new Error(`Expected \`${call}\` to return non-nullable value, returned: ${inspect(serialized)}`);
}
