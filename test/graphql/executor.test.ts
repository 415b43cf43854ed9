import { expect, test } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, execute, Kind, parse, validate, type DocumentNode, type ExecutionResult } from "graphql";
import { arbitraryOperation, type Operation } from "../support/arbitrary-operation.js";
import { resolveArbitrarily } from "../support/arbitrary-schema.js";
import { createExecutor } from "../../src/server/graphql/execution/execute.js";
import { fragmentsOf } from "../../src/server/graphql/fragments.js";

const schema = buildSchema(readFileSync("schema.graphql", "utf8"));

type Outcome = { readonly data: string | undefined; readonly errors: readonly unknown[] | undefined; readonly calls: readonly string[] };

function toOutcome(
  result: Pick<ExecutionResult, "data" | "errors"> | { readonly data?: unknown; readonly errors?: ExecutionResult["errors"] },
  calls: string[],
): Outcome {
  const errors = result.errors?.map((error) => ({ ...error.toJSON(), original: error.originalError?.message }));
  return { data: JSON.stringify(result.data), errors, calls };
}

/** Every operation of the document, executed by graphql-js and by the server's own executor, the latter twice with one plan. */
async function compare({ document, variables }: Operation, seed: number): Promise<number> {
  let compared = 0;
  for (const operation of document.definitions) {
    if (operation.kind !== Kind.OPERATION_DEFINITION) continue;
    const [expectedCalls, actualCalls]: [string[], string[]] = [[], []];
    resolveArbitrarily(schema, seed, expectedCalls);
    const operationName = operation.name?.value;
    const expected = toOutcome(await execute({ schema, document, variableValues: variables, operationName }), expectedCalls);
    resolveArbitrarily(schema, seed, actualCalls);
    const rootType = schema.getRootType(operation.operation);
    if (rootType == null) continue; // there are no subscriptions
    const executor = createExecutor(schema);
    const plan = executor.plan({ document, operation, fragments: fragmentsOf(document), rootType });
    for (let time = 0; time < 2; time += 1) {
      actualCalls.length = 0;
      const actual = toOutcome(await executor.execute(plan, { variables, context: {} }), [...actualCalls]);
      expect(actual).toEqual(expected);
    }
    compared += 1;
  }
  return compared;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|md)$/.test(name))
    .map((name) => join(folder, name));
}

/** Every text in the tests and the documentation that is a valid document. */
function corpus(): DocumentNode[] {
  const texts = ["test", "docs"]
    .flatMap(filesOf)
    .concat("README.md")
    .flatMap((file) => {
      const source = readFileSync(file, "utf8");
      return [...source.matchAll(/`([^`]*)`|'([^'\n]*)'|"((?:[^"\\\n]|\\.)*)"|```graphql\n([\s\S]*?)```/g)].map(
        ([, template, single, double, block]) => template || single || double || block || "",
      );
    });
  return [...new Set(texts)].flatMap((text) => {
    try {
      const document = parse(text);
      return document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION) && validate(schema, document).length === 0
        ? [document]
        : [];
    } catch {
      return []; // most texts are something else
    }
  });
}

test("The documents of all tests and of the documentation come out as graphql-js has them: data, errors, calls.", async () => {
  const documents = corpus();
  expect(documents.length).toBeGreaterThan(200);
  let compared = 0;
  for (const [index, document] of documents.entries()) {
    for (const seed of [index, index + 10_000]) compared += await compare({ document, variables: {} }, seed);
  }
  expect(compared).toBeGreaterThan(400);
}, 120_000);

test("Operations that are written by chance come out as graphql-js has them, with wrong and missing variables, too.", async () => {
  let compared = 0;
  for (let seed = 0; compared < 400 && seed < 5_000; seed += 1) {
    const operation = arbitraryOperation(schema, seed);
    if (validate(schema, operation.document).length > 0) continue;
    compared += await compare(operation, seed);
  }
  expect(compared).toBe(400);
}, 120_000);

test("A name that objects have by nature is an answer's name like any other.", async () => {
  const schema = buildSchema("type Query { text: String }");
  const document = parse("{ __proto__: text constructor: text }");
  const [operation] = document.definitions;
  const rootType = schema.getQueryType();
  if (operation?.kind !== Kind.OPERATION_DEFINITION || rootType == null) throw new Error("The document has an operation");
  const executor = createExecutor(schema);
  const { data } = await executor.execute(executor.plan({ document, operation, fragments: fragmentsOf(document), rootType }), {
    variables: {},
    context: {},
  });
  expect(JSON.stringify(data)).toBe('{"__proto__":null,"constructor":null}');
});

test("What fails in a list takes it away, and what others of its items reject afterwards is heard.", async () => {
  const schema = buildSchema("type Query { texts: [String!] }");
  const later = Promise.resolve().then(() => Promise.reject(new Error("rejected later")));
  const field = schema.getQueryType()?.getFields().texts;
  if (field !== undefined) field.resolve = () => [later, new Error("failed at once")];
  const document = parse("{ texts }");
  const [operation] = document.definitions;
  const rootType = schema.getQueryType();
  if (operation?.kind !== Kind.OPERATION_DEFINITION || rootType == null) throw new Error("The document has an operation");
  const executor = createExecutor(schema);
  const { data, errors } = await executor.execute(executor.plan({ document, operation, fragments: fragmentsOf(document), rootType }), {
    variables: {},
    context: {},
  });
  expect([data, errors?.map(({ message, path }) => [message, path])]).toEqual([{ texts: null }, [["failed at once", ["texts", 1]]]]);
  await new Promise((resolve) => setTimeout(resolve, 20)); // a rejection that nobody hears would end the process
});
