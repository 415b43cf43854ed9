import { isPromise } from "graphql/jsutils/isPromise.js";
import type { Position, Run } from "./types.js";

/** Completes a value, or a promise of one, at its position. Whatever fails there is reported. @throws GraphQLError where it may not be null */
export function completeAt(run: Run, position: Position, value: unknown): unknown {
  const { complete } = position;
  try {
    const completed = isPromise(value) ? value.then((resolved) => complete(run, position, resolved)) : complete(run, position, value);
    return isPromise(completed) ? completed.then(undefined, (error: unknown) => run.errors.report(error, position)) : completed;
  } catch (error) {
    return run.errors.report(error, position);
  }
}
