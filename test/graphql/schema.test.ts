import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import {
  astFromValue,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  print,
  printSchema,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
} from "graphql";
import { createSchema } from "../../src/server/graphql/schema.js";

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
  const check = (path: string, { description }: { description?: string | null | undefined }) => {
    if (description == null || description.trim() === "") silent.push(path);
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
  expect(silent).toEqual([]);
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
    "createProject updateProject deleteProject saveSession deleteSession addProjectMember removeProjectMember acceptInvitation declineInvitation leaveProject createUser createApiKey revokeApiKey createDeviceCode",
  Project: "id ownerId name icon color createdAt updatedAt lastActivity sessionCount sessions sessionsConnection stats members",
  ProjectStats: "totalSessions totalMarkdownSize totalRawDataSize uniqueLLMModels uniqueGitBranches sessionsByDay topTags",
  Session:
    "id projectId project name markdownContent markdownSize rawDataSize etag createdAt updatedAt startedAt endedAt metadata relatedSessions",
  SessionMetadata: "clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags",
  SessionSearchResult: "rank snippet",
  RelatedSession: "similarity",
  Stats: "totalSessions totalProjects sessionsThisWeek topLLMModels",
  Analytics: "totalSessions totalProjects sessionsByModel sessionsByClient activityByDay",
  Viewer: "id email apiKeys invitations",
  Invitation: "id project role email invitedBy createdAt expiresAt",
  InvitedProject: "id name",
  AddProjectMemberPayload: "invitation member",
  ApiKey: "id name scopes createdAt expiresAt lastUsedAt revokedAt",
  RateLimit: "limit remaining used resetAt cost",
  ErrorCatalogEntry: "code reason httpStatus retryable description solution",
};

test.each(Object.entries(FIELDS))("%s has the fields %s.", (type, names) => {
  expect(Object.keys(fieldsOf(type))).toEqual(expect.arrayContaining(names.split(" ")));
});

const ARGUMENTS: Readonly<Record<string, string>> = {
  "Query.projects": "limit: Int = 100, offset: Int = 0",
  "Query.projectsConnection": "first: Int, after: String, last: Int, before: String",
  "Query.project": "id: ID!",
  "Query.sessions": "filters: SessionFilters, orderBy: SessionOrder = CREATED_AT_DESC, limit: Int = 100, offset: Int = 0",
  "Query.sessionsConnection":
    "filters: SessionFilters, orderBy: SessionOrder = CREATED_AT_DESC, first: Int, after: String, last: Int, before: String",
  "Query.session": "id: ID!, projectId: ID",
  "Query.searchSessions": "query: String!, filters: SessionFilters, limit: Int = 10",
  "Query.analytics": "timeRange: TimeRange!",
  "Project.sessions": "limit: Int = 10, filters: SessionFilters, orderBy: SessionOrder = CREATED_AT_DESC",
  "Project.sessionsConnection":
    "filters: SessionFilters, orderBy: SessionOrder = CREATED_AT_DESC, first: Int, after: String, last: Int, before: String",
  "ProjectStats.sessionsByDay": "days: Int = 30",
  "ProjectStats.topTags": "limit: Int = 10",
  "Stats.topLLMModels": "limit: Int = 5",
  "Viewer.invitations": "limit: Int = 100, offset: Int = 0",
  "Session.relatedSessions": "limit: Int = 5",
};

test.each(Object.entries(ARGUMENTS))("%s takes %s.", (path, expected) => {
  const [type = "", name = ""] = path.split(".");
  const printed = fieldsOf(type)[name]?.args.map((arg) => {
    const fallback = astFromValue(arg.defaultValue, arg.type);
    return `${arg.name}: ${String(arg.type)}${fallback == null ? "" : ` = ${print(fallback)}`}`;
  });

  expect(printed?.sort()).toEqual(expected.split(", ").sort());
});

const VALUES: Readonly<Record<string, string>> = {
  SessionOrder:
    "CREATED_AT_ASC CREATED_AT_DESC MARKDOWN_SIZE_ASC MARKDOWN_SIZE_DESC NAME_ASC NAME_DESC STARTED_AT_ASC STARTED_AT_DESC UPDATED_AT_ASC UPDATED_AT_DESC",
  ProjectRole: "EDITOR VIEWER",
  Scope: "ADMIN KEYS_MANAGE PROJECTS_READ PROJECTS_WRITE SESSIONS_READ SESSIONS_WRITE",
};

test.each(Object.entries(VALUES))("%s has the values %s.", (name, values) => {
  const type = schema.getType(name);
  expect(isEnumType(type) ? type.getValues().map((value) => value.name) : null).toEqual(values.split(" "));
});

const INPUTS: Readonly<Record<string, string>> = {
  SessionFilters:
    "projectId projectIds clientName clientNames agentName agentNames deviceId deviceIds gitBranches llmModels tags dateRange startDate endDate createdAfter hasGitBranches searchText",
  DateRangeInput: "start end",
  CreateProjectInput: "id name icon color",
  UpdateProjectInput: "id name icon color",
  SaveSessionInput: "id projectId projectName name markdown rawData sessionData metadata startedAt endedAt expectedEtag",
  SessionMetadataInput: "clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags",
  AddProjectMemberInput: "projectId email role",
  RemoveProjectMemberInput: "projectId email",
  AcceptInvitationInput: "id",
  DeclineInvitationInput: "id",
  LeaveProjectInput: "projectId ownerId",
  CreateUserInput: "email",
  CreateApiKeyInput: "name scopes expiresAt rateLimit userId",
  RevokeApiKeyInput: "id",
};

test.each(Object.entries(INPUTS))("%s has the fields %s and no others.", (name, fields) => {
  const type = schema.getType(name);
  expect(isInputObjectType(type) ? Object.keys(type.getFields()).sort() : null).toEqual(fields.split(" ").sort());
});

test("Every boundary that can fail by itself can be null, so that its failure takes nothing beside it away.", () => {
  const boundaries = [
    ..."sessions sessionsConnection stats members".split(" ").map((name) => fieldsOf("Project")[name]),
    ..."project markdownContent relatedSessions".split(" ").map((name) => fieldsOf("Session")[name]),
    ..."sessionsByDay topTags".split(" ").map((name) => fieldsOf("ProjectStats")[name]),
    fieldsOf("Stats").topLLMModels,
    ..."sessionsByModel sessionsByClient activityByDay".split(" ").map((name) => fieldsOf("Analytics")[name]),
    ..."apiKeys invitations".split(" ").map((name) => fieldsOf("Viewer")[name]),
  ];

  expect(boundaries.map((field) => field !== undefined && !isNonNullType(field.type))).toEqual(boundaries.map(() => true));
});

test("Plain sessions, search results and related sessions are all of the interface Session.", () => {
  const session = schema.getType("Session");
  if (!isInterfaceType(session)) throw new Error("Session is no interface");
  const names = schema.getPossibleTypes(session).map(({ name }) => name);
  expect([...names].sort()).toEqual(["RelatedSession", "SessionSearchResult", "StoredSession"]);
  expect(getNamedType(fieldsOf("Query").sessions?.type)?.name).toBe("Session");
});
