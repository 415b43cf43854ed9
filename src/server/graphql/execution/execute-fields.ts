import { FieldInfo } from "./field-info.js";
import { isPromise } from "./is-promise.js";
import type { FieldPlan, Place, Run, SelectionPlan } from "./types.js";

type Results = Record<string, unknown>;

/** The object whose fields are executed: its value, and where it stands. The root stands nowhere. */
type Parent = { readonly source: unknown; readonly place: Place | undefined };

const ROOT: Parent = { source: undefined, place: undefined };

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
  const { responseName: key, parentType, isNullable, resolve, complete } = field;
  const place: Place = { prev: parent.place, key, typename: parentType.name, field, isNullable };
  try {
    const result = resolve(parent.source, field.argumentsOf(run), run.context, new FieldInfo(run, place));
    const completed = isPromise(result) ? result.then((value) => complete(run, place, value)) : complete(run, place, result);
    return isPromise(completed) ? completed.then(undefined, (error: unknown) => run.errors.report(error, place)) : completed;
  } catch (error) {
    return run.errors.report(error, place);
  }
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
