import { GraphQLError, visit, type ASTNode, type DocumentNode, type EnumValueNode, type NameNode } from "graphql";
import { AppError } from "../../core/errors/app-error.js";
import { shorten } from "../../core/errors/shorten.js";

/** No name of a schema, and no value of a type other than text, has as many characters. */
const LONG = 1_000;

/** No input of a schema has as many fields. */
const MANY = 100;

/** No input of a schema is nested as deeply. */
const DEEP = 20;

/**
 * Returns an error if a name is longer than any in use. Such names must not reach the rules of graphql-js: these look for
 * similar names, which takes seconds for a name of some megabytes.
 */
export function findLongNames(document: DocumentNode): GraphQLError[] {
  const long: ASTNode[] = [];
  const collect = (node: NameNode | EnumValueNode) => {
    if (node.value.length > LONG) long.push(node);
  };
  visit(document, { Name: collect, EnumValue: collect });
  const [first] = long;
  if (first === undefined) return [];
  const message = `A name in the document has more than ${LONG} characters`;
  return [
    new GraphQLError(message, { nodes: first, originalError: new AppError("INVALID_PARAMETER", { message, details: { limit: LONG } }) }),
  ];
}

/** Tells whether a document has so many characters that a name or value in it can be long. */
export function mayHaveLongTexts(text: string): boolean {
  return text.length > LONG;
}

/**
 * Copies a document with each long text and number shortened, so that errors about them take no time. What is valid in the
 * copy is valid in the document: only types that take any text take a long one.
 */
export function withShortValues(document: DocumentNode): DocumentNode {
  const shortened = <Node extends { readonly value: string }>(node: Node) =>
    node.value.length > LONG ? { ...node, value: shorten(node.value) } : undefined;
  const digits = <Node extends { readonly value: string }>(node: Node) =>
    node.value.length > LONG ? { ...node, value: node.value.slice(0, LONG) } : undefined;
  return visit(document, { StringValue: shortened, IntValue: digits, FloatValue: digits });
}

/** Tells whether a value of a variable has long texts or names anywhere, or more fields than any input. */
export function isLarge(value: unknown, depth = 0): boolean {
  if (typeof value === "string") return value.length > LONG;
  if (typeof value !== "object" || value === null) return false;
  if (depth > DEEP) return true;
  if (Array.isArray(value)) return value.some((item) => isLarge(item, depth + 1));
  const entries = Object.entries(value);
  return entries.length > MANY || entries.some(([name, inner]) => name.length > LONG || isLarge(inner, depth + 1));
}

/**
 * Copies a value of a variable with each long text and name shortened, and without what is beyond all inputs of a schema. What
 * is wrong in it, is wrong in the copy; and errors repeat the copy, each of them once more.
 */
export function toSmall(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.length > LONG ? shorten(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEP) return null;
  if (Array.isArray(value)) return value.map((item) => toSmall(item, depth + 1));
  const entries = Object.entries(value).slice(0, MANY + 1);
  return Object.fromEntries(entries.map(([name, inner]) => [shorten(name), toSmall(inner, depth + 1)]));
}
