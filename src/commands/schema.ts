import type { Command } from "commander";
import type { CommandContext } from "./context.js";

export function addSchema(program: Command, { out }: CommandContext): void {
  program
    .command("schema")
    .description("print the GraphQL schema")
    .action(async () => {
      const [{ printSchema }, { createSchema }] = await Promise.all([import("graphql"), import("../server/graphql/schema.js")]);
      out(printSchema(createSchema()));
    });
}
