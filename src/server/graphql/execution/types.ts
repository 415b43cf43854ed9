import type { FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { CollectedErrors } from "./collected-errors.js";

/** A position of the answer, which is a field's or that of an item in a field's list. Two positions are the same if they are one object. */
export type Place = GraphQLResolveInfo["path"] & {
  readonly field: FieldPlan;
  /** Without it an error takes what is around it away. */
  readonly isNullable: boolean;
};

/**
 * Makes of what a resolver gave what the answer holds, or a promise of it (GraphQL specification, section 6.4.3). It throws
 * where the value is not of the type.
 */
export type Complete = (run: Run, place: Place, value: unknown) => unknown;

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
  readonly argumentsOf: (run: Run) => Arguments;
  /** What is selected of the objects that the field gives, by their type; filled when a type is met. */
  readonly selections: Map<GraphQLObjectType, SelectionPlan>;
};

export type Arguments = Readonly<Record<string, unknown>>;

/** The fields of one type of object, in the order in which the answer has them. */
export type SelectionPlan = {
  readonly fields: readonly FieldPlan[];
  /** Whether the names are safe for an object with a prototype, which is several times faster to fill and to write. */
  readonly isPlain: boolean;
};

/** An operation of a document, with what is known of it before it runs. */
export type OperationPlan = {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: GraphQLResolveInfo["fragments"];
  /** @throws GraphQLError where the value of a condition is missing */
  readonly rootSelection: (variables: Arguments) => SelectionPlan;
  /** @throws GraphQLError where the value of a condition is missing */
  readonly selectionOf: (field: FieldPlan, type: GraphQLObjectType, variables: Arguments) => SelectionPlan;
};

/** An operation that is being executed. */
export type Run = {
  readonly plan: OperationPlan;
  readonly context: unknown;
  readonly variables: Arguments;
  readonly errors: CollectedErrors;
  /** The arguments of fields that depend on variables, by what reads them. */
  readonly arguments: Map<object, Arguments>;
};
