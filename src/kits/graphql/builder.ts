import SchemaBuilder from "@pothos/core";
import PrismaPlugin from "@pothos/plugin-prisma";
import RelayPlugin from "@pothos/plugin-relay";
import type { PrismaClient } from "../../db/generated/prisma/client.js";
import type PrismaTypes from "../../db/generated/pothos-types.js";
import { getDatamodel } from "../../db/generated/pothos-types.js";
import { connectionDescriptions } from "./connections.js";
import type { GraphQLContext } from "./context.js";

/**
 * The schema builder. Each feature declares its types on it, and features share nothing else of GraphQL. Fields are nullable
 * by default, so that a field that fails does not take its siblings away.
 */
export const builder = new SchemaBuilder<{
  Context: GraphQLContext;
  PrismaTypes: PrismaTypes;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    Date: { Input: Date; Output: string };
    UUID: { Input: string; Output: string };
    NonNegativeFloat: { Input: number; Output: number };
    JSONObject: { Input: Readonly<Record<string, unknown>>; Output: Readonly<Record<string, unknown>> };
  };
}>({
  plugins: [RelayPlugin, PrismaPlugin],
  relay: { nodeQueryOptions: false, nodesQueryOptions: false, ...connectionDescriptions },
  prisma: {
    // Only services load rows, since they load what the caller may see. The plugin must not load any by itself.
    client: (): PrismaClient => {
      throw new Error("A GraphQL type asked Prisma for a row that its service had not loaded");
    },
    dmmf: getDatamodel(),
  },
});

builder.queryType({ description: "Everything that can be read. Fields fail one by one: look at `errors` beside `data`." });
builder.mutationType({
  description: "Everything that can be changed. Each takes one `input` and answers with a payload, or null and an error.",
});
