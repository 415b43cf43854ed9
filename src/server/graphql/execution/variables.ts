import {
  getVariableValues,
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLString,
  Kind,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type TypeNode,
} from "graphql";
import { isLarge, toSmall } from "../long-texts.js";
import type { VariableValues } from "./types.js";

/** The values as the declarations read them, or what is wrong with them. */
type ReadValues = { readonly errors: readonly GraphQLError[] } | { readonly coerced: VariableValues };

export type ReadVariables = (given: Readonly<Record<string, unknown>>) => ReadValues;

/** Further mistakes in the values of variables are not reported. */
const MOST_MISTAKES = 50;

const LARGEST_INT = 2 ** 31;

/** Values that these types take as they are. */
const TAKES_AS_IS = new Map<GraphQLNamedType | undefined, (value: unknown) => boolean>([
  [GraphQLID, (value) => typeof value === "string"],
  [GraphQLString, (value) => typeof value === "string"],
  [GraphQLBoolean, (value) => typeof value === "boolean"],
  [GraphQLFloat, (value) => typeof value === "number" && Number.isFinite(value)],
  [GraphQLInt, (value) => Number.isInteger(value) && Math.abs(Number(value)) < LARGEST_INT],
]);

/**
 * Makes the function that reads the values of an operation's variables (GraphQL specification, section 6.1.2). Most variables
 * are plain scalars whose values need no change. Any other value is left to graphql-js, together with all others.
 */
export function planVariables(schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode): ReadVariables {
  const coerce: ReadVariables = (given) => getVariableValues(schema, variableDefinitions, given, { maxErrors: MOST_MISTAKES }); // graphql's own type leaves both optional
  const readAll: ReadVariables = (given) => {
    const declared = Object.fromEntries(plain.flatMap(({ name }) => (Object.hasOwn(given, name) ? [[name, given[name]]] : [])));
    // Every mistake repeats the value, and looks for names like those in it.
    const small = isLarge(declared) ? coerce(toSmall(declared) as typeof declared) : null; // an object like the one that was given
    return small !== null && "errors" in small ? small : coerce(declared);
  };
  const plain = variableDefinitions.map(({ variable, type }) => ({
    name: variable.name.value,
    takesAsIs: TAKES_AS_IS.get(namedTypeOf(schema, type)),
  }));
  return (given) => {
    const coerced: Record<string, unknown> = {};
    for (const { name, takesAsIs } of plain) {
      const value = given[name];
      if (takesAsIs === undefined || !takesAsIs(value)) return readAll(given);
      coerced[name] = value;
    }
    return { coerced };
  };
}

/** Finds the named type that a declaration has, or has where it is not null; undefined for a list. */
function namedTypeOf(schema: GraphQLSchema, node: TypeNode): GraphQLNamedType | undefined {
  const inner = node.kind === Kind.NON_NULL_TYPE ? node.type : node;
  return inner.kind === Kind.NAMED_TYPE ? schema.getType(inner.name.value) : undefined;
}
