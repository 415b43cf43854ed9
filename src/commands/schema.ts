import type { Command } from "commander";
import { printSchema } from "graphql";
import { createSchema } from "../graphql/schema.js";
import type { CommandContext } from "./context.js";

export function addSchema(program: Command, { out }: CommandContext): void {
  program
    .command("schema")
    .description("print the GraphQL schema")
    .action(() => out(printSchema(createSchema())));
}
