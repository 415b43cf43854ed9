import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  responsePathAsArray,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from "graphql";
import { chanceOf } from "./chance.js";

/**
 * Gives a schema resolvers, in place of those that it has, whose outcome depends on the seed and the position alone: values,
 * nulls, errors, and for odd seeds promises. With these nothing fails in a list where it would take the list away: graphql-js
 * leaves the promises of the other items to themselves then, and a rejection that nobody hears ends the process.
 */
export function resolveArbitrarily(schema: GraphQLSchema, seed: number, calls: string[]): void {
  const chance = chanceOf(seed);
  const hasPromises = seed % 2 === 1;
  const isSafe = (type: GraphQLOutputType, path: string) => hasPromises && isNonNullType(type) && /\.\d+(\.|$)/.test(path);

  function leafValue(type: GraphQLOutputType, path: string, mayFail: boolean): unknown {
    if (mayFail && chance(path, "wrong leaf") < 0.03) return Symbol("wrong");
    if (isEnumType(type)) return type.getValues()[0]?.value;
    const { name } = getNamedType(type);
    if (name === "Int") return Math.floor(chance(path, "int") * 1_000);
    if (name === "Float" || name === "NonNegativeFloat") return chance(path, "float");
    if (name === "Boolean") return chance(path, "boolean") < 0.5;
    return `text of ${path}`;
  }

  function plainValue(type: GraphQLOutputType, path: string, mayFail: boolean): unknown {
    if (isListType(type)) {
      if (mayFail && chance(path, "no list") < 0.03) return { no: "list" };
      const items = Array.from({ length: Math.floor(chance(path, "length") * 4) }, (_, index) => valueOf(type.ofType, `${path}.${index}`));
      return chance(path, "set") < 0.2 ? new Set(items) : items;
    }
    if (isLeafType(type)) return leafValue(type, path, mayFail);
    const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [type as GraphQLObjectType];
    const runtimeType = possible[Math.floor(chance(path, "type") * possible.length)] as GraphQLObjectType; // every type has one
    const object: Record<string, unknown> = { __typename: runtimeType.name };
    for (const field of Object.values(runtimeType.getFields())) {
      if (!isLeafType(getNamedType(field.type))) continue;
      object[field.name] =
        chance(path, field.name, "method") < 0.1
          ? () => valueOf(field.type, `${path}.${field.name}`)
          : valueOf(field.type, `${path}.${field.name}`);
    }
    return object;
  }

  function valueOf(type: GraphQLOutputType, path: string): unknown {
    const inner = getNullableType(type);
    const mayFail = !isSafe(type, path);
    const kind = chance(path, "kind");
    if (mayFail && kind < 0.04) return new Error(`returned at ${path}`);
    if (mayFail && kind < (isNonNullType(type) ? 0.06 : 0.16)) return kind < 0.1 ? null : undefined;
    if (mayFail && hasPromises && kind < 0.2) return later(path, () => Promise.reject(new Error(`rejected at ${path}`)));
    if (hasPromises && kind < 0.5) return later(path, () => plainValue(inner, path, mayFail));
    return plainValue(inner, path, mayFail);
  }

  function later(path: string, make: () => unknown): Promise<unknown> {
    const promise = waitTurns(Math.floor(chance(path, "turns") * 4)).then(make);
    promise.catch(() => undefined); // properties that are not selected reject, too
    return promise;
  }

  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      delete field.resolve;
      if (
        type !== schema.getQueryType() &&
        type !== schema.getMutationType() &&
        isLeafType(getNamedType(field.type)) &&
        chance(type.name, field.name) < 0.7
      )
        continue;
      field.resolve = (_source, args, _context, info) => {
        const path = responsePathAsArray(info.path).join(".");
        calls.push(describeCall(path, args, info));
        if (!isSafe(field.type, path) && chance(path, "throws") < 0.05) throw new Error(`thrown at ${path}`);
        return valueOf(field.type, path);
      };
    }
  }
}

/** What a resolver was told. */
function describeCall(path: string, args: unknown, info: GraphQLResolveInfo): string {
  const { fieldName, fieldNodes, parentType, returnType, operation, fragments, variableValues } = info;
  const names = [
    fieldName,
    parentType,
    returnType,
    fieldNodes.length,
    operation.name?.value,
    Object.keys(fragments),
    JSON.stringify(variableValues),
  ];
  return `${path} ${JSON.stringify(args)} ${names.join(" ")}`;
}

async function waitTurns(turns: number): Promise<void> {
  for (let turn = turns; turn > 0; turn -= 1) await Promise.resolve();
}
