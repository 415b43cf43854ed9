import { Kind, visit, type ASTNode, type DocumentNode } from "graphql";
import type { BadField } from "../../core/errors/bad-input.js";

type Place = BadField["path"];

/**
 * Where each value of a document stands in its argument or variable: `["input", "tags", 0]`. Empty for what is no part
 * of either. The document is walked once, and only if there is anything to say about it.
 */
export function createPlaceFinder(document: DocumentNode): (node: ASTNode | undefined) => Place {
  let places: ReadonlyMap<ASTNode, Place> | undefined;
  return (node) => {
    places ??= findPlaces(document);
    return (node && places.get(node)) ?? [];
  };
}

function findPlaces(document: DocumentNode): ReadonlyMap<ASTNode, Place> {
  const places = new Map<ASTNode, Place>();
  visit(document, {
    enter(node, key, parent, _path, ancestors) {
      const [container] = [parent, ancestors.at(-1)].filter(isNode);
      const outer = container === undefined ? undefined : places.get(container);
      if (node.kind === Kind.ARGUMENT) places.set(node, [node.name.value]);
      else if (node.kind === Kind.VARIABLE_DEFINITION) places.set(node, [node.variable.name.value]);
      else if (outer === undefined || container === undefined) return;
      else if (node.kind === Kind.OBJECT_FIELD) places.set(node, [...outer, node.name.value]);
      else places.set(node, container.kind === Kind.LIST ? [...outer, Number(key)] : outer);
    },
  });
  return places;
}

function isNode(value: ASTNode | readonly ASTNode[] | undefined): value is ASTNode {
  return value !== undefined && "kind" in value;
}
