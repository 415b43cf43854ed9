import type { Statement } from "./engine.js";
import type { Prisma } from "./generated/prisma/client.js";

/** A named parameter of a statement, used in `Prisma.sql` instead of a value. Each run of the statement gives its value. */
export class Parameter {
  constructor(readonly name: string) {}
}

export type Arguments = Readonly<Record<string, unknown>>;

/** A statement whose text was composed once. */
export type StatementTemplate = (args?: Arguments) => Statement;

/** Numbers the values and parameters of a statement. A parameter that occurs several times has one number. */
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

/** The most templates that are kept for each statement. Further variants are composed each time. */
const MOST_TEMPLATES = 300;

/** Keeps the templates of one statement by the names of their variants, which select other columns or have another order. */
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
 * Rounds a LIMIT up to one of a few numbers, which stand in the text of a statement. The exact limit is a parameter of
 * another LIMIT around it. PostgreSQL assumes that a LIMIT with a parameter gives a tenth of all rows. Without a number
 * near the true one it would sort a table instead of reading an index, or plan the statement anew each time.
 */
export function limitBound(limit: number): number {
  let bound = 16;
  while (bound < limit) bound *= 4;
  return bound;
}
