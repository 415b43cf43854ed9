import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { DateResolver, DateTimeResolver, JSONObjectResolver, NonNegativeFloatResolver, UUIDResolver } from "graphql-scalars";
import { createTimeWriter } from "../../platform/iso-time.js";
import { LONGEST_TIME } from "../../platform/time.js";
import { builder } from "./builder.js";

const dateTime = DateTimeResolver.toConfig();
const writeTime = createTimeWriter();

/** Limits the length of a time, since the library's pattern reads a fraction of a second of any length. */
function requireShort(text: unknown): void {
  if (typeof text !== "string" || text.length <= LONGEST_TIME) return;
  throw new GraphQLError(`DateTime cannot represent an invalid date-time-string ${text}.`);
}

const DateTime = new GraphQLScalarType({
  ...dateTime,
  /** Writes a Date as text, which the library leaves to JSON.stringify. */
  serialize(value) {
    const serialized: unknown = dateTime.serialize(value);
    return serialized instanceof Date ? writeTime(serialized) : serialized;
  },
  parseValue(value) {
    requireShort(value);
    return dateTime.parseValue(value);
  },
  parseLiteral(node, variables) {
    if (node.kind === Kind.STRING) requireShort(node.value);
    return dateTime.parseLiteral(node, variables);
  },
});

builder.addScalarType("DateTime", DateTime, {
  description: "A time with its offset from UTC, as RFC 3339 writes it: `2026-06-02T09:00:00.000Z`.",
});
builder.addScalarType("Date", DateResolver, { description: "A day in UTC: `2026-06-02`." });
/** Checks only the UUIDs that clients send. Those of answers come from columns of the type uuid. */
const UUIDFromDatabase = new GraphQLScalarType({ ...UUIDResolver.toConfig(), serialize: String });

builder.addScalarType("UUID", UUIDFromDatabase, {
  description: "A universally unique identifier: `ca5fef34-ca3b-4ed3-aa0e-a19263a09115`.",
});
builder.addScalarType("NonNegativeFloat", NonNegativeFloatResolver, {
  description: "A number that is zero or more; used for sums of bytes that go beyond 32 bits.",
});
builder.addScalarType("JSONObject", JSONObjectResolver, {
  description: "An object of JSON whose members depend on what it belongs to. It is read whole, without a selection.",
});
