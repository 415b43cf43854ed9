import {
  defaultFieldResolver,
  isNonNullType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { collectFields, collectSubfields } from "graphql/execution/collectFields.js";
import { readArguments, type ArgumentValues } from "../../../kits/graphql/arguments.js";
import { leafOf, serializeQuickly } from "./leaf.js";
import { planVariables } from "./variables.js";
import type { Complete, FieldPlan, OperationPlan, SelectionPlan } from "./types.js";

/** What an operation is planned from. */
export type OperationToPlan = {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly rootType: GraphQLObjectType;
};

type Dependencies = { readonly schema: GraphQLSchema; readonly completerOf: (type: GraphQLOutputType) => Complete };

/** A plan of more fields is not kept. A fragment that is spread often makes a short document large. */
const MOST_FIELDS = 500;

/** For so many combinations of the variables in @skip and @include a plan is kept. */
const MOST_VARIANTS = 8;

/**
 * Plans an operation: which fields are selected of which type, and how they are resolved and completed. Parts are planned when
 * they are met for the first time.
 */
export function createOperationPlan(
  { document, operation, fragments: fragmentMap, rootType }: OperationToPlan,
  { schema, completerOf }: Dependencies,
): OperationPlan {
  const fragments = toRecord(fragmentMap);
  const conditions = conditionVariables(document);
  const variants = new Map<string, SelectionPlan>();
  let planned = 0;

  /** What runs meanwhile goes on with the plan that it has. */
  function forgetLargePlans(): void {
    if (planned <= MOST_FIELDS) return;
    variants.clear();
    planned = 0;
  }

  function toSelection(parentType: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): SelectionPlan {
    const fields = [...collected].flatMap(([responseName, nodes]) => {
      const definition = findDefinition(schema, parentType, nodes);
      return definition === undefined ? [] : [toFieldPlan({ responseName, nodes, definition, parentType }, completerOf)];
    });
    planned += fields.length;
    return { fields, isPlain: !collected.has("__proto__") };
  }

  return {
    schema,
    operation,
    fragments,
    readVariables: planVariables(schema, operation),
    rootSelection(variables) {
      const variant = conditions.map((name) => String(variables[name])).join();
      const known = variants.get(variant);
      if (known !== undefined) return known;
      const selection = toSelection(rootType, collectFields(schema, fragments, variables, rootType, operation.selectionSet));
      if (variants.size >= MOST_VARIANTS) variants.clear();
      variants.set(variant, selection);
      forgetLargePlans();
      return selection;
    },
    selectionOf({ selections, nodes }, type, variables) {
      const known = selections.get(type);
      if (known !== undefined) return known;
      const selection = toSelection(type, collectSubfields(schema, fragments, variables, type, nodes));
      selections.set(type, selection);
      forgetLargePlans();
      return selection;
    },
  };
}

/** As graphql-js passes fragments. Without a prototype, since a fragment may have any name. */
function toRecord(fragments: ReadonlyMap<string, FragmentDefinitionNode>): Record<string, FragmentDefinitionNode> {
  return Object.assign(Object.create(null) as Record<string, FragmentDefinitionNode>, Object.fromEntries(fragments));
}

/** The variables that decide what is selected. */
function conditionVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ arguments: given = [] }) {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}

function findDefinition(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  [node]: readonly FieldNode[],
): GraphQLField<unknown, unknown> | undefined {
  const name = node?.name.value ?? "";
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef;
  const meta = [SchemaMetaFieldDef, TypeMetaFieldDef].find((field) => field.name === name);
  return meta !== undefined && schema.getQueryType() === parentType ? meta : parentType.getFields()[name];
}

type Selected = Pick<FieldPlan, "responseName" | "nodes" | "definition" | "parentType">;

function toFieldPlan(selected: Selected, completerOf: (type: GraphQLOutputType) => Complete): FieldPlan {
  const { definition, nodes } = selected;
  return {
    ...selected,
    isNullable: !isNonNullType(definition.type),
    resolve: definition.resolve ?? defaultFieldResolver,
    complete: completerOf(definition.type),
    readProperty: propertyReader(definition),
    argumentsOf: argumentsReader(definition, nodes),
    selections: new Map(),
  };
}

/** Most fields are a property of what their parent was made from, and most properties are there. */
function propertyReader({ name, type, resolve }: GraphQLField<unknown, unknown>): FieldPlan["readProperty"] {
  const leaf = leafOf(type);
  if (leaf === null || resolve !== undefined) return null;
  return (source) =>
    typeof source === "object" && source !== null ? serializeQuickly(leaf, (source as Readonly<Record<string, unknown>>)[name]) : undefined;
}

const NO_ARGUMENTS: ArgumentValues = Object.freeze({});

/** They are read once for each run, whatever the length of the list that the field is in. */
function argumentsReader(definition: GraphQLField<unknown, unknown>, [node]: readonly FieldNode[]): FieldPlan["argumentsOf"] {
  if (node === undefined || definition.args.length === 0) return () => NO_ARGUMENTS;
  const key = {};
  return ({ variables, arguments: known }) => {
    const values = known.get(key) ?? readArguments(definition, node, variables);
    known.set(key, values);
    return values;
  };
}
