import type { Statement } from "./engine.js";
import type { Prisma } from "./generated/prisma/client.js";

/** A value that a statement is given each time it runs, by its name. It stands in a `Prisma.sql` where a value would. */
export class Parameter {
  constructor(readonly name: string) {}
}

export type Arguments = Readonly<Record<string, unknown>>;

/** A statement whose text was put together once. */
export type StatementTemplate = (args?: Arguments) => Statement;

/** Numbers the values and parameters of a statement; a parameter that occurs several times has one number. */
export function toTemplate({ strings, values }: Prisma.Sql): StatementTemplate {
  const bound: unknown[] = [];
  const numberOf = (value: unknown): number => {
    const known = value instanceof Parameter ? bound.findIndex((other) => other instanceof Parameter && other.name === value.name) : -1;
    return known === -1 ? bound.push(value) : known + 1;
  };
  const text = strings.reduce((before, after, index) => `${before}$${numberOf(values[index - 1])}${after}`);
  return (args = {}) => ({ text, values: bound.map((value) => (value instanceof Parameter ? argumentOf(value, args) : value)) });
}

function argumentOf({ name }: Parameter, args: Arguments): unknown {
  if (!(name in args)) throw new Error(`The statement needs a value for ${name}`);
  return args[name];
}

/** Variants beyond these are put together each time: a statement is kept where it is used often. */
const MOST_TEMPLATES = 300;

/** Keeps the templates of one statement that differ by what is selected or how it is ordered, by the name of the variant. */
export function createTemplates(): (variant: string, compose: () => Prisma.Sql) => StatementTemplate {
  const templates = new Map<string, StatementTemplate>();
  return (variant, compose) => {
    const known = templates.get(variant);
    if (known !== undefined) return known;
    const template = toTemplate(compose());
    if (templates.size < MOST_TEMPLATES) templates.set(variant, template);
    return template;
  };
}

/**
 * The bound of a LIMIT as the text of a statement has it; the exact number is a parameter of another LIMIT around it, so
 * that no more rows are read. PostgreSQL takes an unknown limit for a tenth of all rows: without a bound near the true
 * one it would sort a table that it could read by an index, or plan the statement anew each time it runs.
 */
export function limitBound(limit: number): number {
  let bound = 16;
  while (bound < limit) bound *= 4;
  return bound;
}
