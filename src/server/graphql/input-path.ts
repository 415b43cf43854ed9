import { Kind, visit, type ASTNode, type DocumentNode } from "graphql";
import type { BadField } from "../../core/errors/bad-input.js";

type InputPath = BadField["path"];

/**
 * Finds the path of a document's node within its argument or variable: `["input", "tags", 0]`. The path of any other node
 * is empty. The document is walked once, and only when a path is asked for: most documents have no error.
 */
export function createInputPathFinder(document: DocumentNode): (node: ASTNode | undefined) => InputPath {
  let paths: ReadonlyMap<ASTNode, InputPath> | undefined;
  return (node) => {
    paths ??= findPaths(document);
    return (node && paths.get(node)) ?? [];
  };
}

function findPaths(document: DocumentNode): ReadonlyMap<ASTNode, InputPath> {
  const paths = new Map<ASTNode, InputPath>();
  visit(document, {
    enter(node, key, parent, _path, ancestors) {
      const [container] = [parent, ancestors.at(-1)].filter(isNode);
      const outer = container === undefined ? undefined : paths.get(container);
      if (node.kind === Kind.ARGUMENT) paths.set(node, [node.name.value]);
      else if (node.kind === Kind.VARIABLE_DEFINITION) paths.set(node, [node.variable.name.value]);
      else if (outer === undefined || container === undefined) return;
      else if (node.kind === Kind.OBJECT_FIELD) paths.set(node, [...outer, node.name.value]);
      else paths.set(node, container.kind === Kind.LIST ? [...outer, Number(key)] : outer);
    },
  });
  return paths;
}

function isNode(value: ASTNode | readonly ASTNode[] | undefined): value is ASTNode {
  return value !== undefined && "kind" in value;
}
