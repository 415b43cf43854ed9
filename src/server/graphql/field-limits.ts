import {
  defaultFieldResolver,
  getNullableType,
  isInterfaceType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from "graphql";
import { ConfigError } from "../../config.js";
import { caller, type GraphQLContext } from "../../kits/graphql/context.js";
import { parsePolicy, type Policy } from "../../core/limits/policy.js";
import { createFieldBudget, type FieldBudget, type FieldLimit } from "../../core/auth/field-budget.js";
import type { RateLimiter } from "../../core/limits/rate-limiter.js";
import type { Clock } from "../../platform/clock.js";

type Options = {
  /** The limits of the settings. */
  readonly overrides: ReadonlyMap<string, Policy>;
  readonly rateLimiter: RateLimiter;
  readonly clock: Clock;
};

/**
 * Limits the rate of single fields: those with `extensions: { rateLimit: "120/1m" }`, and those that the settings name.
 * Over the limit only the field fails; its siblings keep their data. Each call of the resolver costs one, so two aliases
 * cost two. A key's own limit does not replace these limits: they protect the server. A limit on a field of an interface is
 * one budget for all types that implement it. A limited field becomes nullable in the schema, since a field that is never
 * null would take its parent away when it fails.
 * @returns the budgets of the fields with `chargedBy: "service"`: the service that does their work takes from these, since
 *   other fields and routes ask for the same work
 * @throws ConfigError for a field named in the settings that the schema does not have
 */
export function applyFieldLimits(schema: GraphQLSchema, { overrides, ...limiter }: Options): ReadonlyMap<string, FieldBudget> {
  const unknown = [...overrides.keys()].filter((coordinate) => !hasField(schema, coordinate));
  if (unknown.length > 0) throw new ConfigError([`RATE_LIMIT_FIELDS: the schema has no field ${unknown.join(", ")}`]);
  const budgets = new Map<string, FieldBudget>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const limit = findLimit(type, field.name, overrides);
      if (limit === null) continue;
      const budget = createFieldBudget(limit, limiter);
      const needsCaller = (type === schema.getQueryType() || type === schema.getMutationType()) && field.extensions.public !== true;
      if (field.extensions.chargedBy === "service") budgets.set(limit.field, budget);
      else field.resolve = limited(field.resolve ?? defaultFieldResolver, budget, needsCaller);
      for (const owner of ownersOf(type, field.name)) makeNullable(owner, field.name);
    }
  }
  return budgets;
}

function hasField(schema: GraphQLSchema, coordinate: string): boolean {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  return (isObjectType(type) || isInterfaceType(type)) && fieldName in type.getFields();
}

/** Returns the type itself, and those of its interfaces that have the field too. */
function ownersOf(type: GraphQLObjectType, fieldName: string): (GraphQLObjectType | GraphQLInterfaceType)[] {
  return [type, ...type.getInterfaces()].filter((owner) => fieldName in owner.getFields());
}

function makeNullable(owner: GraphQLObjectType | GraphQLInterfaceType, fieldName: string): void {
  const field = owner.getFields()[fieldName];
  if (field !== undefined) field.type = getNullableType(field.type);
}

/** Finds the limit of a field: the settings for the type come first, then the settings for its interfaces, then the code. */
function findLimit(type: GraphQLObjectType, fieldName: string, overrides: ReadonlyMap<string, Policy>): FieldLimit | null {
  const owners = ownersOf(type, fieldName);
  for (const { name } of owners) {
    const policy = overrides.get(`${name}.${fieldName}`);
    if (policy !== undefined) return { field: `${name}.${fieldName}`, policy };
  }
  const declared = type.getFields()[fieldName]?.extensions.rateLimit;
  const field = `${owners.at(-1)?.name ?? type.name}.${fieldName}`;
  return declared === undefined ? null : { field, policy: parseDeclared(field, declared) };
}

function parseDeclared(coordinate: string, declared: unknown): Policy {
  const policy = typeof declared === "string" ? parsePolicy(declared) : null;
  if (policy === null) throw new Error(`${coordinate} declares a rate limit that is none`);
  return policy;
}

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

function limited(resolve: Resolver, budget: FieldBudget, needsCaller: boolean): Resolver {
  return async (parent, args, context, info) => {
    if (needsCaller) caller(context);
    await budget.charge(context.principal ?? context.state);
    return resolve(parent, args, context, info);
  };
}
