import { GraphQLError, Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from "graphql";
import { AppError } from "../errors/app-error.js";

export type AbuseLimits = { readonly depth: number; readonly aliases: number; readonly rootFields: number };

type Size = { readonly depth: number; readonly aliases: number; readonly fields: number };

/**
 * Refuses operations that are too deep or too wide, before anything costlier looks at them. Fragments count as often as
 * they are spread, and each is measured once. Introspection counts no depth: the well-known tools' queries are deep.
 */
export function checkAbuseLimits(document: DocumentNode, limits: AbuseLimits): GraphQLError[] {
  const measure = createMeasure(document);
  const errors: GraphQLError[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const size = measure(definition.selectionSet);
    const exceeded = (setting: string, what: string, found: number, limit: number) => {
      if (found > limit)
        errors.push(tooMuch(setting, `The operation has ${what} ${found}; at most ${limit} is allowed (${setting})`, limit));
    };
    exceeded("MAX_DEPTH", "a depth of", size.depth, limits.depth);
    exceeded("MAX_ALIASES", "an alias count of", size.aliases, limits.aliases);
    exceeded("MAX_ROOT_FIELDS", "a root field count of", size.fields, limits.rootFields);
  }
  return errors;
}

export function tooMuch(setting: string, message: string, limit: number): GraphQLError {
  return new GraphQLError(message, {
    originalError: new AppError("INVALID_PARAMETER", { message, details: { exceeded: setting, limit } }),
  });
}

function createMeasure(document: DocumentNode): (selections: SelectionSetNode) => Size {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const measured = new Map<string, Size>();

  function measureFragment(name: string): Size {
    const known = measured.get(name);
    if (known !== undefined) return known;
    measured.set(name, EMPTY); // a cycle ends here; the standard rules refuse it afterwards
    const fragment = fragments.get(name);
    const size = fragment === undefined ? EMPTY : measure(fragment.selectionSet);
    measured.set(name, size);
    return size;
  }

  function measure({ selections }: SelectionSetNode): Size {
    let [depth, aliases, fields] = [0, 0, 0];
    for (const node of selections) {
      if (node.kind === Kind.FIELD) {
        const inner = node.selectionSet === undefined || node.name.value.startsWith("__") ? EMPTY : measure(node.selectionSet);
        depth = Math.max(depth, 1 + inner.depth);
        aliases += inner.aliases + (node.alias === undefined ? 0 : 1);
        fields += 1;
      } else {
        const inner = node.kind === Kind.INLINE_FRAGMENT ? measure(node.selectionSet) : measureFragment(node.name.value);
        depth = Math.max(depth, inner.depth);
        aliases += inner.aliases;
        fields += inner.fields;
      }
    }
    return { depth, aliases, fields };
  }

  return measure;
}

const EMPTY: Size = { depth: 0, aliases: 0, fields: 0 };
