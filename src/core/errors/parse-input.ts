import type { z } from "zod";
import type { AppError } from "./app-error.js";
import { badInput, type BadField } from "./bad-input.js";

type Path = readonly (string | number)[];

/**
 * Validates a value and returns it as the schema types it.
 * @throws VALIDATION_ERROR with every bad field listed, each path beginning with `root`
 */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown, root: Path = []): z.output<T> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  throw toBadInput([{ result, root }]);
}

type Input = { readonly schema: z.ZodType; readonly value: unknown; readonly root?: Path };

/**
 * Validates several values of one request, and lists their bad fields together. The status is 422 where each value is
 * well-formed, but they make no sense together: an end before its start, say.
 */
export function parseInputs(inputs: readonly Input[]): unknown[] {
  const parsed = inputs.map(({ schema, value, root = [] }) => ({ result: schema.safeParse(value, { reportInput: true }), root }));
  if (parsed.some(({ result }) => !result.success)) throw toBadInput(parsed);
  return parsed.map(({ result }) => result.data);
}

type Parsed = { readonly result: z.ZodSafeParseResult<unknown>; readonly root: Path };

function toBadInput(parsed: readonly Parsed[]): AppError {
  const issues = parsed.flatMap(({ result, root }) => (result.success ? [] : result.error.issues.map((issue) => ({ issue, root }))));
  const [first, ...rest] = issues.flatMap(({ issue, root }) => toBadFields(issue, root));
  if (first === undefined) throw new Error("Nothing is wrong with the input");
  return badInput([first, ...rest], issues.every(({ issue }) => saysOf(issue, "isSenseless")) ? 422 : undefined);
}

/** Tells whether a rule has set a fact in its `params`: zod gives all rules of ours the same code, "custom". */
function saysOf(issue: z.core.$ZodIssue, fact: "isMissing" | "isSenseless"): boolean {
  return issue.code === "custom" && issue.params?.[fact] === true;
}

function toBadFields(issue: z.core.$ZodIssue, root: Path): BadField[] {
  const path = [...root, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  const name = path.join(".");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => toUnknown([...path, key]));
  if (issue.input === undefined && issue.code === "invalid_type") {
    return [{ path, reason: "MISSING_REQUIRED_FIELD", message: `${name} is required` }];
  }
  const reason = saysOf(issue, "isMissing")
    ? "MISSING_REQUIRED_FIELD"
    : issue.code === "invalid_type"
      ? "INVALID_FORMAT"
      : "INVALID_PARAMETER";
  return [{ path, reason, message: name === "" ? issue.message : `${name}: ${issue.message}` }];
}

function toUnknown(path: Path): BadField {
  return { path, reason: "INVALID_PARAMETER", message: `${path.join(".")} is not known here` };
}
