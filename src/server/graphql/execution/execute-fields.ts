import { isPromise } from "graphql/jsutils/isPromise.js";
import { completeAt } from "./complete-at.js";
import { FieldInfo } from "./field-info.js";
import type { FieldPlan, Position, Run, SelectionPlan } from "./types.js";

type Results = Record<string, unknown>;

/** The object whose fields are executed: its value, and where it stands. The root stands nowhere. */
type Parent = { readonly source: unknown; readonly position: Position | undefined };

const ROOT: Parent = { source: undefined, position: undefined };

/** Executes the fields of an object at the same time (GraphQL specification, section 6.3). */
export function executeFields(run: Run, selection: SelectionPlan, parent: Parent = ROOT): Results | Promise<Results> {
  const results = createResults(selection);
  let hasPromise = false;
  try {
    for (const field of selection.fields) {
      const property = field.readProperty === null ? undefined : field.readProperty(parent.source);
      const result = property ?? executeField(run, field, parent);
      results[field.responseName] = result;
      if (property === undefined && isPromise(result)) hasPromise = true;
    }
  } catch (error) {
    if (!hasPromise) throw error;
    // What was begun may fail, too, and somebody must be waiting for it then.
    return settled(results, selection).finally(() => {
      throw error;
    });
  }
  return hasPromise ? settled(results, selection) : results;
}

/** Executes the fields of a mutation one after the other (GraphQL specification, section 6.3.1). */
export function executeSerially(run: Run, selection: SelectionPlan): Results | Promise<Results> {
  const results = createResults(selection);
  function store(field: FieldPlan): Promise<void> | undefined {
    const result = executeField(run, field, ROOT);
    if (isPromise(result)) return result.then((value) => void (results[field.responseName] = value));
    results[field.responseName] = result;
    return undefined;
  }
  let done: Promise<void> | undefined;
  for (const field of selection.fields) done = done === undefined ? store(field) : done.then(() => store(field));
  return done === undefined ? results : done.then(() => results);
}

function executeField(run: Run, field: FieldPlan, parent: Parent): unknown {
  const { responseName: key, parentType, isNullable, complete } = field;
  const position: Position = { prev: parent.position, key, typename: parentType.name, field, isNullable, complete };
  let value: unknown;
  try {
    value = field.resolve(parent.source, field.argumentsOf(run), run.context, new FieldInfo(run, position));
  } catch (error) {
    return run.errors.report(error, position);
  }
  return completeAt(run, position, value);
}

function createResults({ isPlain }: SelectionPlan): Results {
  return isPlain ? {} : (Object.create(null) as Results); // an object without a prototype has no properties of other types
}

function settled(results: Results, selection: SelectionPlan): Promise<Results> {
  return Promise.all(Object.values(results)).then((values) => {
    const copy = createResults(selection);
    Object.keys(results).forEach((name, index) => (copy[name] = values[index]));
    return copy;
  });
}
