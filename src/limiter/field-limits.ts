import { isObjectType, type GraphQLFieldResolver, type GraphQLSchema } from "graphql";
import { caller, type GraphQLContext } from "../graphql/context.js";
import { parsePolicy, type Policy } from "./policy.js";
import { rateLimited } from "./rate-limiter.js";

/** A field named in the settings that the schema does not have. */
export class UnknownFieldError extends Error {
  override readonly name = "UnknownFieldError";
}

/**
 * Gives single fields a limit of their own: the ones declared with `extensions: { rateLimit: "120/1m" }`, and what the
 * settings name. Over its limit only the field fails; its siblings keep their data. Every resolving costs one, so two
 * aliases cost two. A key's own limit does not replace these: they protect the server, not the key's share of it.
 */
export function applyFieldLimits(schema: GraphQLSchema, overrides: ReadonlyMap<string, Policy>): void {
  const unknown = [...overrides.keys()].filter((coordinate) => findField(schema, coordinate) === undefined);
  if (unknown.length > 0) throw new UnknownFieldError(`RATE_LIMIT_FIELDS: the schema has no field ${unknown.join(", ")}`);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      const policy = overrides.get(coordinate) ?? declaredPolicy(coordinate, field.extensions.rateLimit);
      if (policy !== null && field.resolve !== undefined) field.resolve = limited(field.resolve, coordinate, policy);
    }
  }
}

function findField(schema: GraphQLSchema, coordinate: string) {
  const [typeName = "", fieldName = ""] = coordinate.split(".");
  const type = schema.getType(typeName);
  return isObjectType(type) ? type.getFields()[fieldName] : undefined;
}

function declaredPolicy(coordinate: string, declared: unknown): Policy | null {
  if (declared === undefined) return null;
  const policy = typeof declared === "string" ? parsePolicy(declared) : null;
  if (policy === null) throw new Error(`${coordinate} declares a rate limit that is none`);
  return policy;
}

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

function limited(resolve: Resolver, coordinate: string, policy: Policy): Resolver {
  return async (parent, args, context, info) => {
    const { keyId } = caller(context);
    const decision = await context.rateLimiter.consume(`field|${coordinate}|${keyId}`, policy);
    if (decision.granted === 0) throw rateLimited(decision, context.clock);
    return resolve(parent, args, context, info);
  };
}
