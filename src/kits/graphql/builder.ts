import SchemaBuilder from "@pothos/core";
import PrismaPlugin from "@pothos/plugin-prisma";
import RelayPlugin from "@pothos/plugin-relay";
import type { PrismaClient } from "../../db/generated/prisma/client.js";
import type PrismaTypes from "../../db/generated/pothos-types.js";
import { getDatamodel } from "../../db/generated/pothos-types.js";
import { connectionDescriptions } from "./connections.js";
import type { GraphQLContext } from "./context.js";

/**
 * The schema builder: each feature declares its types on it, and shares nothing else. Every field is nullable
 * unless it says otherwise, so that what fails takes nothing beside it away.
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
  };
}>({
  plugins: [RelayPlugin, PrismaPlugin],
  relay: { nodeQueryOptions: false, nodesQueryOptions: false, ...connectionDescriptions },
  prisma: {
    // Rows are loaded by the services, within what the caller may see; the plugin must never load any by itself.
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
