import type { FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { ArgumentValues } from "../../../kits/graphql/arguments.js";
import type { CollectedErrors } from "./collected-errors.js";
import type { ReadVariables } from "./variables.js";

/** A position of the answer: that of a field, or of an item in a field's list. Two positions are the same if they are one object. */
export type Position = GraphQLResolveInfo["path"] & {
  readonly field: FieldPlan;
  /** Where it may not be null, an error takes away what is around it. */
  readonly isNullable: boolean;
  readonly complete: Complete;
};

/**
 * Makes of what a resolver gave what the answer holds, or a promise of it (GraphQL specification, section 6.4.3). It throws
 * where the value is not of the type.
 */
export type Complete = (run: Run, position: Position, value: unknown) => unknown;

/** One field of a selection, with all that is known of it before the operation runs. */
export type FieldPlan = {
  readonly responseName: string;
  /** The same field may be selected several times; their selections are merged. */
  readonly nodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  readonly isNullable: boolean;
  readonly resolve: NonNullable<GraphQLField<unknown, unknown>["resolve"]>;
  readonly complete: Complete;
  /** Reads and serializes a property of the parent that is a leaf; undefined where the field needs its resolver. */
  readonly readProperty: ((source: unknown) => unknown) | null;
  readonly argumentsOf: (run: Run) => ArgumentValues;
  /** What is selected of the objects that the field gives, by their type; filled when a type is met. */
  readonly selections: Map<GraphQLObjectType, SelectionPlan>;
};

/** The values of the operation's variables, as its declarations read them. */
export type VariableValues = Readonly<Record<string, unknown>>;

/** The fields of one type of object, in the order in which the answer has them. */
export type SelectionPlan = {
  readonly fields: readonly FieldPlan[];
  /** Whether the names are safe for an object with a prototype, which is faster to fill and to write than one without. */
  readonly isPlain: boolean;
};

/** An operation of a document, with what is known of it before it runs. */
export type OperationPlan = {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: GraphQLResolveInfo["fragments"];
  readonly readVariables: ReadVariables;
  /** @throws GraphQLError where the value of a condition is missing */
  readonly rootSelection: (variables: VariableValues) => SelectionPlan;
  /** @throws GraphQLError where the value of a condition is missing */
  readonly selectionOf: (field: FieldPlan, type: GraphQLObjectType, variables: VariableValues) => SelectionPlan;
};

/** An operation that is being executed. */
export type Run = {
  readonly plan: OperationPlan;
  readonly context: unknown;
  readonly variables: VariableValues;
  readonly errors: CollectedErrors;
  /** The arguments of the fields that were met, by what reads them. */
  readonly arguments: Map<object, ArgumentValues>;
};
