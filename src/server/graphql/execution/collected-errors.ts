import { locatedError, responsePathAsArray, type GraphQLError, type GraphQLResolveInfo } from "graphql";
import type { Place } from "./types.js";

type Position = GraphQLResolveInfo["path"] | undefined;

/** The errors of an operation. A position holds one error at most, and what became null has none beneath it. */
export class CollectedErrors {
  readonly #positions = new Set<Position>();
  readonly errors: GraphQLError[] = [];

  /** @param position undefined for the whole answer */
  add(error: GraphQLError, position: Position): void {
    if (this.#isNull(position)) return;
    this.#positions.add(position);
    this.errors.push(error);
  }

  #isNull(position: Position): boolean {
    for (let around = position; around !== undefined; around = around.prev) if (this.#positions.has(around)) return true;
    return this.#positions.has(undefined);
  }

  /** Reports what failed at a position that may be null, and gives its null. @throws GraphQLError where it may not be */
  report(thrown: unknown, place: Place): null {
    const error = locatedError(thrown, place.field.nodes, responsePathAsArray(place));
    if (!place.isNullable) throw error;
    this.add(error, place);
    return null;
  }
}
