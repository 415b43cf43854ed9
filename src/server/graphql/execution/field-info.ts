import type { GraphQLResolveInfo } from "graphql";
import type { Position, Run } from "./types.js";

/** What resolvers are told of the field that they resolve. Most of them look at nothing of it. */
export class FieldInfo implements GraphQLResolveInfo {
  readonly rootValue = undefined;

  constructor(
    private readonly run: Run,
    readonly path: Position,
  ) {}

  get fieldName() {
    return this.path.field.definition.name;
  }
  get fieldNodes() {
    return this.path.field.nodes;
  }
  get returnType() {
    return this.path.field.definition.type;
  }
  get parentType() {
    return this.path.field.parentType;
  }
  get schema() {
    return this.run.plan.schema;
  }
  get fragments() {
    return this.run.plan.fragments;
  }
  get operation() {
    return this.run.plan.operation;
  }
  get variableValues() {
    return this.run.variables as GraphQLResolveInfo["variableValues"]; // graphql's own type lets callers change them
  }
}
