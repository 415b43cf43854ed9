import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  printSchema,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
} from "graphql";
import { createSchema } from "../../src/graphql/schema.js";

const schema = createSchema();

function fieldsOf(name: string) {
  const type = schema.getType(name);
  if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(`The schema has no type ${name}`);
  return (type as GraphQLObjectType | GraphQLInterfaceType).getFields();
}

test("schema.graphql is what the code prints.", () => {
  expect(readFileSync("schema.graphql", "utf8").trim()).toBe(printSchema(schema).trim());
});

test("Every type, field, argument, input field and enum value has a description.", () => {
  const silent: string[] = [];
  const check = (place: string, { description }: { description?: string | null | undefined }) => {
    if (description == null || description.trim() === "") silent.push(place);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      check(`${type.name}.${field.name}`, field);
      if ("args" in field) for (const arg of field.args) check(`${type.name}.${field.name}(${arg.name})`, arg);
    }
  }
  // The fields and arguments that a library adds to every connection are explained by its specification.
  expect(silent.filter((place) => !/^PageInfo|Connection\.|Edge\.|\((first|last|after|before)\)$/.test(place))).toEqual([]);
});

test("Every root field can be null, so that none takes its siblings away when it fails.", () => {
  const required = ["Query", "Mutation"].flatMap((type) => Object.values(fieldsOf(type)).filter((field) => isNonNullType(field.type)));
  expect(required.map(({ name }) => name)).toEqual([]);
});

test("Every mutation takes one input, but the one that needs none.", () => {
  for (const { name, args } of Object.values(fieldsOf("Mutation"))) {
    expect([name, args.map((arg) => arg.name)]).toEqual([name, name === "createDeviceCode" ? [] : ["input"]]);
  }
});

const FIELDS: Readonly<Record<string, string>> = {
  Query:
    "projects projectsConnection project sessions sessionsConnection session searchSessions stats analytics viewer rateLimit errorCatalog",
  Mutation:
    "createProject updateProject deleteProject saveSession deleteSession addProjectMember removeProjectMember createUser createApiKey revokeApiKey createDeviceCode",
  Project: "id ownerId name icon color createdAt updatedAt lastActivity sessionCount sessions sessionsConnection stats members",
  ProjectStats: "totalSessions totalMarkdownSize totalRawDataSize uniqueLLMModels uniqueGitBranches sessionsByDay topTags",
  Session:
    "id projectId project name markdownContent markdownSize rawDataSize etag createdAt updatedAt startedAt endedAt metadata relatedSessions",
  SessionMetadata: "clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags",
  SessionSearchResult: "rank snippet",
  RelatedSession: "similarity",
  Stats: "totalSessions totalProjects sessionsThisWeek topLLMModels",
  Analytics: "totalSessions totalProjects sessionsByModel sessionsByClient activityByDay",
  Viewer: "id email apiKeys",
  ApiKey: "id name scopes createdAt expiresAt lastUsedAt revokedAt",
  RateLimit: "limit remaining used resetAt cost",
  ErrorCatalogEntry: "code reason httpStatus retryable description solution",
};

test.each(Object.entries(FIELDS))("%s has the fields %s.", (type, names) => {
  expect(Object.keys(fieldsOf(type))).toEqual(expect.arrayContaining(names.split(" ")));
});

test("Plain sessions, search results and related sessions are all of the interface Session.", () => {
  const session = schema.getType("Session");
  if (!isInterfaceType(session)) throw new Error("Session is no interface");
  const names = schema.getPossibleTypes(session).map(({ name }) => name);
  expect([...names].sort()).toEqual(["RelatedSession", "SessionSearchResult", "StoredSession"]);
  expect(getNamedType(fieldsOf("Query").sessions?.type)?.name).toBe("Session");
});
