import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { AppError } from "../../core/errors/app-error.js";
import { fragmentsOf } from "./fragments.js";

export type AbuseLimits = { readonly depth: number; readonly aliases: number; readonly rootFields: number };

type Size = { readonly depth: number; readonly introspection: number; readonly aliases: number; readonly fields: number };

/** The introspection queries of the well-known tools are 15 deep, whatever depth is allowed to all others. */
const INTROSPECTION_DEPTH = 20;

/**
 * Rejects operations that are too deep or too wide, before anything costlier looks at them. Fragments count as often as
 * they are spread, and each is measured once.
 */
export function checkAbuseLimits(document: DocumentNode, limits: AbuseLimits): GraphQLError[] {
  const measure = createMeasure(document);
  return document.definitions.flatMap((definition) => {
    // Fragments are measured by themselves too: validation looks at those that no operation spreads.
    if (definition.kind === Kind.FRAGMENT_DEFINITION) return tooDeep("fragment", measureAlone(definition, measure), limits);
    return definition.kind === Kind.OPERATION_DEFINITION ? tooLarge(measure(definition.selectionSet), limits) : [];
  });
}

function measureAlone({ typeCondition, selectionSet }: FragmentDefinitionNode, measure: Measure): Size {
  const size = measure(selectionSet);
  return typeCondition.name.value.startsWith("__") ? { ...size, depth: 0, introspection: size.depth } : size;
}

function tooLarge(size: Size, limits: AbuseLimits): GraphQLError[] {
  return [
    ...tooDeep("operation", size, limits),
    ...exceeding("MAX_ALIASES", "operation has an alias count", { found: size.aliases, limit: limits.aliases }),
    ...exceeding("MAX_ROOT_FIELDS", "operation has a root field count", { found: size.fields, limit: limits.rootFields }),
  ];
}

function tooDeep(what: "operation" | "fragment", { depth, introspection }: Size, limits: AbuseLimits): GraphQLError[] {
  return [
    ...exceeding("MAX_DEPTH", `${what} has a depth`, { found: depth, limit: limits.depth }),
    ...exceeding("MAX_DEPTH", `${what} has an introspection depth`, {
      found: introspection,
      limit: Math.max(limits.depth, INTROSPECTION_DEPTH),
    }),
  ];
}

type Measured = { readonly found: number; readonly limit: number };

function exceeding(setting: string, what: string, { found, limit }: Measured): GraphQLError[] {
  return found > limit ? [tooMuch(setting, `The ${what} of ${found}; at most ${limit} is allowed (${setting})`, limit)] : [];
}

/** The error for a document that exceeds a limit of the server. Its details name the setting. */
export function tooMuch(setting: string, message: string, limit: number): GraphQLError {
  return new GraphQLError(message, {
    originalError: new AppError("INVALID_PARAMETER", { message, details: { exceeded: setting, limit } }),
  });
}

type Measure = (selections: SelectionSetNode) => Size;

function createMeasure(document: DocumentNode): Measure {
  const fragments = fragmentsOf(document);
  const measured = new Map<string, Size>();

  function measureFragment(name: string): Size {
    const known = measured.get(name);
    if (known !== undefined) return known;
    measured.set(name, EMPTY); // a cycle ends here; the standard rules reject it afterwards
    const fragment = fragments.get(name);
    const size = fragment === undefined ? EMPTY : measure(fragment.selectionSet);
    measured.set(name, size);
    return size;
  }

  function measureField({ name, alias, selectionSet }: FieldNode): Size {
    const inner = selectionSet === undefined ? EMPTY : measure(selectionSet);
    const aliases = inner.aliases + (alias === undefined ? 0 : 1);
    if (name.value.startsWith("__")) return { depth: 1, introspection: 1 + inner.depth, aliases, fields: 1 };
    return { depth: 1 + inner.depth, introspection: inner.introspection, aliases, fields: 1 };
  }

  function measureSelection(node: SelectionNode): Size {
    if (node.kind === Kind.FIELD) return measureField(node);
    return node.kind === Kind.INLINE_FRAGMENT ? measure(node.selectionSet) : measureFragment(node.name.value);
  }

  function measure({ selections }: SelectionSetNode): Size {
    return selections.map(measureSelection).reduce(
      (all, one) => ({
        depth: Math.max(all.depth, one.depth),
        introspection: Math.max(all.introspection, one.introspection),
        aliases: all.aliases + one.aliases,
        fields: all.fields + one.fields,
      }),
      EMPTY,
    );
  }

  return measure;
}

const EMPTY: Size = { depth: 0, introspection: 0, aliases: 0, fields: 0 };
