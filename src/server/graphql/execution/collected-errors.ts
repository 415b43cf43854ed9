import { locatedError, responsePathAsArray, type GraphQLError, type GraphQLResolveInfo } from "graphql";
import type { Position } from "./types.js";

type Path = GraphQLResolveInfo["path"] | undefined;

/** The errors of an operation. A position holds one error at most, and what became null has none beneath it. */
export class CollectedErrors {
  readonly #paths = new Set<Path>();
  readonly errors: GraphQLError[] = [];

  /** @param path undefined for the whole answer */
  add(error: GraphQLError, path: Path): void {
    if (this.#isNull(path)) return;
    this.#paths.add(path);
    this.errors.push(error);
  }

  #isNull(path: Path): boolean {
    for (let around = path; around !== undefined; around = around.prev) if (this.#paths.has(around)) return true;
    return this.#paths.has(undefined);
  }

  /** Reports what failed at a position that may be null, and gives its null. @throws GraphQLError where it may not be */
  report(thrown: unknown, position: Position): null {
    const error = locatedError(thrown, position.field.nodes, responsePathAsArray(position));
    if (!position.isNullable) throw error;
    this.add(error, position);
    return null;
  }
}
