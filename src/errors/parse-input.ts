import type { z } from "zod";
import { badInput, type BadField } from "./bad-input.js";

type Path = readonly (string | number)[];

/**
 * The value as the schema types it.
 * @throws VALIDATION_ERROR with every bad field listed, each path beginning with `root`
 */
export function parseInput<T extends z.ZodType>(schema: T, value: unknown, root: Path = []): z.output<T> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [first, ...rest] = parsed.error.issues.flatMap((issue) => toBadFields(issue, root));
  if (first === undefined) throw parsed.error;
  throw badInput([first, ...rest]);
}

function toBadFields(issue: z.core.$ZodIssue, root: Path): BadField[] {
  const path = [...root, ...issue.path.map((part) => (typeof part === "symbol" ? String(part) : part))];
  const name = path.join(".");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => toUnknown([...path, key]));
  if (issue.input === undefined && issue.code === "invalid_type") {
    return [{ path, reason: "MISSING_REQUIRED_FIELD", message: `${name} is required` }];
  }
  // A rule of a whole object says by its params that what it misses is a field.
  const isMissing = issue.code === "custom" && issue.params?.isMissing === true;
  const reason = isMissing ? "MISSING_REQUIRED_FIELD" : issue.code === "invalid_type" ? "INVALID_FORMAT" : "INVALID_PARAMETER";
  return [{ path, reason, message: `${name}: ${issue.message}` }];
}

function toUnknown(path: Path): BadField {
  return { path, reason: "INVALID_PARAMETER", message: `${path.join(".")} is not known here` };
}
