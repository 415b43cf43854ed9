import {
  defaultFieldResolver,
  getArgumentValues,
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
import { leafOf, serializeQuickly } from "./leaf.js";
import type { Arguments, Complete, FieldPlan, OperationPlan, Run, SelectionPlan } from "./types.js";

type Parts = {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly rootType: GraphQLObjectType;
  readonly completerOf: (type: GraphQLOutputType) => Complete;
};

type Variables = { [variable: string]: unknown };

/** Plans of larger operations are forgotten when they have run. A fragment that is spread often makes a short document large. */
const MOST_FIELDS = 500;

/** For so many combinations of the variables in @skip and @include a plan is kept. */
const MOST_VARIANTS = 8;

/**
 * Plans an operation: which fields are selected of which type, how they are resolved and completed, and the arguments that do
 * not depend on variables. Parts are planned when they are met for the first time.
 */
export function createOperationPlan({ schema, document, operation, rootType, completerOf }: Parts): OperationPlan {
  const fragments = fragmentsByName(document);
  const conditions = conditionVariables(document);
  const variants = new Map<string, SelectionPlan>();
  let planned = 0;

  function toSelection(parentType: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): SelectionPlan {
    const fields = [...collected].flatMap(([responseName, nodes]) => {
      const definition = findDefinition(schema, parentType, nodes);
      return definition === undefined ? [] : [toFieldPlan({ responseName, nodes, definition, parentType }, completerOf)];
    });
    planned += fields.length;
    return { fields, isPlain: !collected.has("__proto__") };
  }

  function plan(variables: Arguments): SelectionPlan {
    return toSelection(rootType, collectFields(schema, fragments, variables, rootType, operation.selectionSet));
  }

  return {
    schema,
    operation,
    fragments,
    rootSelection(variables) {
      if (planned > MOST_FIELDS || variants.size > MOST_VARIANTS) {
        variants.clear();
        planned = 0;
      }
      const variant = conditions.map((name) => String(variables[name])).join();
      const selection = variants.get(variant) ?? plan(variables);
      variants.set(variant, selection);
      return selection;
    },
    selectionOf({ selections, nodes }, type, variables) {
      const known = selections.get(type);
      if (known !== undefined) return known;
      const selection = toSelection(type, collectSubfields(schema, fragments, variables, type, nodes));
      selections.set(type, selection);
      return selection;
    },
  };
}

function fragmentsByName({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = Object.create(null) as Record<string, FragmentDefinitionNode>; // a fragment may have any name
  for (const definition of definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  return fragments;
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
  return (source) => (typeof source === "object" && source !== null ? serializeQuickly(leaf, (source as Variables)[name]) : undefined);
}

const NO_ARGUMENTS: Arguments = Object.freeze({});

/** Values that do not depend on the request are read once, and frozen; others once for each run, whatever the length of the list that the field is in. */
function argumentsReader(definition: GraphQLField<unknown, unknown>, [node]: readonly FieldNode[]): FieldPlan["argumentsOf"] {
  if (node === undefined || definition.args.length === 0) return () => NO_ARGUMENTS;
  const read = ({ variables }: Run): Arguments => getArgumentValues(definition, node, variables);
  if (isConstant(definition, node)) {
    let constant: Arguments | undefined;
    return (run) => (constant ??= Object.freeze(read(run)));
  }
  const key = {};
  return (run) => {
    const values = run.arguments.get(key) ?? read(run);
    run.arguments.set(key, values);
    return values;
  };
}

function isConstant({ args }: GraphQLField<unknown, unknown>, { arguments: given = [] }: FieldNode): boolean {
  return args.every(({ type }) => leafOf(type) !== null) && given.every(({ value }) => value.kind !== Kind.VARIABLE);
}
