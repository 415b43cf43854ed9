import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from "graphql";
import { readArguments, type ArgumentValues } from "./arguments.js";

/** The part of `info` from which a selection is read. Every executor provides it. */
export type SelectionInfo = Pick<GraphQLResolveInfo, "fieldNodes" | "fragments" | "returnType" | "schema" | "variableValues">;

/** A selected field, with all nodes of its alias: an alias may occur several times. */
export type SelectedField = { readonly nodes: readonly [FieldNode, ...FieldNode[]]; readonly definition: GraphQLField<unknown, unknown> };

/**
 * The selected fields of an object by name, with an entry for each alias. Fields with @skip and @include count as selected,
 * so that the selection does not depend on the variables.
 */
export type Selection = ReadonlyMap<string, readonly SelectedField[]>;

type Fragments = SelectionInfo["fragments"];

/** The selections by node. A node belongs to one document, which is executed again and again. */
const selections = new WeakMap<SelectionSetNode, Selection>();

/**
 * Returns the selection of the field that is being resolved. If the field's type is an interface, `typeName` is the object
 * type that the field returns: fragments on other types never apply.
 */
export function selectionOf(info: SelectionInfo, typeName?: string): Selection {
  return fieldsOf(info, info.fieldNodes, objectType(info, typeName ?? getNamedType(info.returnType).name));
}

/** Returns the selection at the end of a path of field names, such as `["edges", "node"]` of a connection. Aliases do not matter. */
export function selectionAt(info: SelectionInfo, path: readonly string[], typeName?: string): Selection {
  let selection = selectionOf(info);
  path.forEach((name, index) => {
    const fields = selection.get(name) ?? [];
    const fallback = fields[0] === undefined ? undefined : getNamedType(fields[0].definition.type).name;
    const type = objectType(info, index === path.length - 1 ? (typeName ?? fallback) : fallback);
    selection = fieldsOf(
      info,
      fields.flatMap(({ nodes }) => nodes),
      type,
    );
  });
  return selection;
}

/** Returns the selection of a selected field. */
export function selectionBeneath(info: SelectionInfo, { nodes, definition }: SelectedField, typeName?: string): Selection {
  return fieldsOf(info, nodes, objectType(info, typeName ?? getNamedType(definition.type).name));
}

/** Returns the values of a selected field's arguments; undefined if they are not valid, which the field itself will report. */
export function argumentsOf({ variableValues }: SelectionInfo, { nodes, definition }: SelectedField): ArgumentValues | undefined {
  try {
    return readArguments(definition, nodes[0], variableValues);
  } catch {
    return undefined;
  }
}

function objectType({ schema }: SelectionInfo, name: string | undefined): GraphQLObjectType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return isObjectType(type) ? type : undefined;
}

function fieldsOf(info: SelectionInfo, nodes: readonly FieldNode[], type: GraphQLObjectType | undefined): Selection {
  const [node, ...others] = nodes;
  if (node?.selectionSet === undefined || type === undefined) return new Map();
  const known = others.length === 0 ? selections.get(node.selectionSet) : undefined;
  if (known !== undefined) return known;
  const selection = collect(info, type, nodes);
  if (others.length === 0) selections.set(node.selectionSet, selection);
  return selection;
}

function collect({ schema, fragments }: SelectionInfo, type: GraphQLObjectType, nodes: readonly FieldNode[]): Selection {
  const definitions = type.getFields();
  const byAlias = new Map<string, [FieldNode, ...FieldNode[]]>();
  const applies = (condition: string | undefined) => {
    const on = condition === undefined ? type : schema.getType(condition);
    return on === type || (isAbstractType(on) && (isInterfaceType(on) || !isObjectType(on)) && schema.isSubType(on, type));
  };
  for (const node of nodes) {
    for (const field of fieldNodes(node.selectionSet, { fragments, applies, visited: new Set() })) {
      const alias = field.alias?.value ?? field.name.value;
      const known = byAlias.get(alias);
      if (known === undefined) byAlias.set(alias, [field]);
      else known.push(field);
    }
  }
  const selection = new Map<string, SelectedField[]>();
  for (const sameAlias of byAlias.values()) {
    const name = sameAlias[0].name.value;
    const definition = definitions[name];
    if (definition === undefined) continue; // __typename
    const fields = selection.get(name) ?? [];
    fields.push({ nodes: sameAlias, definition });
    selection.set(name, fields);
  }
  return selection;
}

type Walk = {
  readonly fragments: Fragments;
  readonly applies: (condition: string | undefined) => boolean;
  /** The fragments that were spread already. Each counts once. */
  readonly visited: Set<string>;
};

/** Walks the fields of a selection set and of its fragments, in the order in which executors collect them. */
function* fieldNodes(set: SelectionSetNode | undefined, walk: Walk): Generator<FieldNode> {
  const { fragments, applies, visited } = walk;
  for (const node of set?.selections ?? []) {
    if (node.kind === Kind.FIELD) yield node;
    else if (node.kind === Kind.INLINE_FRAGMENT) {
      if (applies(node.typeCondition?.name.value)) yield* fieldNodes(node.selectionSet, walk);
    } else if (!visited.has(node.name.value)) {
      visited.add(node.name.value);
      const fragment = fragments[node.name.value];
      if (applies(fragment?.typeCondition.name.value)) yield* fieldNodes(fragment?.selectionSet, walk);
    }
  }
}

/**
 * Returns the columns that the selected fields show. A field whose name is not a column lists the columns that it reads in
 * its extensions: `extensions: { columns: ["key"] }`. A field without this list may read all columns.
 */
export function columnsOf<Column extends string>(selection: Selection, columns: readonly Column[]): readonly Column[] {
  const needed = new Set<string>();
  for (const [name, [field]] of selection) {
    const declared: unknown = field?.definition.extensions.columns;
    if (Array.isArray(declared)) for (const column of declared) needed.add(String(column));
    else if (columns.some((column) => column === name)) needed.add(name);
    else return columns;
  }
  return columns.filter((column) => needed.has(column));
}
