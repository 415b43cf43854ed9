import {
  getNamedType,
  getNullableType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  parse,
  type DocumentNode,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";
import { chanceOf } from "./chance.js";

export type Operation = { readonly document: DocumentNode; readonly variables: Record<string, unknown> };

/** Writes an operation by chance: aliases, repeated fields, fragments, conditions, arguments as literals and as variables. */
export function arbitraryOperation(schema: GraphQLSchema, seed: number): Operation {
  const chance = chanceOf(seed);
  let drawn = 0;
  const draw = () => chance("draw", (drawn += 1));
  const variables: Record<string, unknown> = {};
  const declarations: string[] = [];
  const fragments: string[] = [];

  function variable(type: string, value: unknown): string {
    const name = `v${declarations.length}`;
    declarations.push(`$${name}: ${type}`);
    if (draw() < 0.9) variables[name] = value;
    return `$${name}`;
  }

  function condition(): string {
    if (draw() > 0.2) return "";
    const directive = draw() < 0.5 ? "skip" : "include";
    const wanted = draw() < 0.5;
    return ` @${directive}(if: ${draw() < 0.5 ? wanted : variable(draw() < 0.5 ? "Boolean!" : "Boolean! = true", wanted)})`;
  }

  function argument(name: string, type: GraphQLInputType): string {
    const inner = getNullableType(type);
    if (isEnumType(inner)) return `${name}: ${inner.getValues()[0]?.name ?? "null"}`;
    const values: Readonly<Record<string, unknown>> = {
      Int: 3,
      Float: 1.5,
      Boolean: true,
      ID: "id",
      String: "text",
      UUID: "ca5fef34-ca3b-4ed3-aa0e-a19263a09115",
    };
    const value = values[getNamedType(inner).name];
    if (value === undefined || isListType(inner)) return "";
    return `${name}: ${draw() < 0.5 ? JSON.stringify(value) : variable(String(type), draw() < 0.95 ? value : {})}`;
  }

  function field(definition: GraphQLField<unknown, unknown>, depth: number): string {
    const alias = draw() < 0.3 ? `a${Math.floor(draw() * 3)}_${definition.name}: ` : "";
    const given = definition.args.filter(({ type }) => isNonNullType(type) || draw() < 0.3).map(({ name, type }) => argument(name, type));
    const args = given.filter((text) => text !== "").join(", ");
    const type = getNamedType(definition.type);
    const selection = isLeafType(type) ? "" : ` ${selectionSet(type as GraphQLObjectType, depth + 1)}`;
    return `${alias}${definition.name}${args === "" ? "" : `(${args})`}${condition()}${selection}`;
  }

  function selectionSet(type: GraphQLObjectType, depth: number): string {
    const parts = ["__typename"];
    const definitions = Object.values(type.getFields()).filter((definition) => depth < 4 || isLeafType(getNamedType(definition.type)));
    for (let count = 1 + Math.floor(draw() * 5); count > 0; count -= 1) {
      const definition = definitions[Math.floor(draw() * definitions.length)];
      if (definition === undefined) continue;
      const selected = field(definition, depth);
      const form = draw();
      if (form < 0.15) parts.push(`... on ${type.name}${condition()} { ${selected} }`);
      else if (form < 0.3) {
        fragments.push(`fragment F${fragments.length} on ${type.name} { ${selected} }`);
        parts.push(`...F${fragments.length - 1}${condition()}`);
      } else parts.push(selected);
    }
    return `{ ${parts.join(" ")} }`;
  }

  const isMutation = draw() < 0.2;
  const rootType = (isMutation ? schema.getMutationType() : schema.getQueryType()) as GraphQLObjectType; // it has both
  const selection = selectionSet(rootType, 0);
  const head = `${isMutation ? "mutation" : "query"} Arbitrary${declarations.length === 0 ? "" : `(${declarations.join(", ")})`}`;
  return { document: parse(`${head} ${selection} ${fragments.join(" ")}`), variables };
}
