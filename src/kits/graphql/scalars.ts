import { DateResolver, DateTimeResolver, NonNegativeFloatResolver, UUIDResolver } from "graphql-scalars";
import { builder } from "./builder.js";

builder.addScalarType("DateTime", DateTimeResolver, {
  description: "A time with its offset from UTC, as RFC 3339 writes it: `2026-06-02T09:00:00.000Z`.",
});
builder.addScalarType("Date", DateResolver, { description: "A day in UTC: `2026-06-02`." });
builder.addScalarType("UUID", UUIDResolver, { description: "A universally unique identifier: `ca5fef34-ca3b-4ed3-aa0e-a19263a09115`." });
builder.addScalarType("NonNegativeFloat", NonNegativeFloatResolver, {
  description: "A number that is zero or more; used for sums of bytes that go beyond 32 bits.",
});
