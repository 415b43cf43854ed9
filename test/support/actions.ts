import { expect } from "@jest/globals";
import type { TestServer } from "./server.js";

export type Failure = { readonly message: string; readonly path: (string | number)[]; readonly [fact: string]: unknown };

/** The data of an operation, and its errors with their extensions laid flat, in the order of their paths: fields fail in any order. */
export async function run(server: TestServer, key: string | null, query: string, variables?: Readonly<Record<string, unknown>>) {
  const { status, body } = await server.query(key, query, variables);
  const errors: Failure[] = (body.errors ?? []).map(({ message, path, extensions }: Failure & { extensions: object }) => ({
    message,
    path,
    ...extensions,
  }));
  errors.sort((a, b) => (String(a.path) < String(b.path) ? -1 : 1));
  return { status, data: body.data, errors };
}

/** One mutation with its input; gives its payload and its errors. */
export async function mutate(
  server: TestServer,
  key: string | null,
  name: string,
  input: Readonly<Record<string, unknown>>,
  selection: string,
) {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const { data, errors } = await run(server, key, `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} } }`, { input });
  return { payload: data?.[name], errors };
}

/** The same, where it has to succeed. */
export async function change(...args: Parameters<typeof mutate>) {
  const { payload, errors } = await mutate(...args);
  expect(errors).toEqual([]);
  return payload;
}

/** The data of a query that has to succeed. */
export async function read(...args: Parameters<typeof run>) {
  const { data, errors } = await run(...args);
  expect(errors).toEqual([]);
  return data;
}

const SESSION = `id projectId name etag createdAt updatedAt startedAt endedAt markdownSize rawDataSize
  metadata { clientName clientVersion agentName deviceId machineName title gitBranches llmModels tags }`;

/** Stores a session and gives it back; in the project "app" and with a little text unless the input says otherwise. */
export async function save(server: TestServer, key: string, input: Readonly<Record<string, unknown>> = {}) {
  const whole = { projectId: "app", name: "A session", markdown: "Hello", ...input };
  const { created, session } = await change(server, key, "saveSession", whole, `created session { ${SESSION} }`);
  return { created, ...session };
}

export async function createProject(server: TestServer, key: string, input: Readonly<Record<string, unknown>> = {}) {
  const whole = { id: "app", name: "The app", ...input };
  return (await change(server, key, "createProject", whole, "project { id ownerId name icon color createdAt updatedAt }")).project;
}

type Role = "VIEWER" | "EDITOR";

/** Invites an address to a project. Gives the id of the invitation. */
export async function invite(server: TestServer, ownerKey: string, input: { projectId: string; email: string; role: Role }) {
  const { invitation } = await change(server, ownerKey, "addProjectMember", input, "invitation { id }");
  return invitation.id as string;
}

export async function accept(server: TestServer, key: string, id: string) {
  await change(server, key, "acceptInvitation", { id }, "role");
}

/** Makes a user a member of a project, with the user's consent. */
export async function share(server: TestServer, ownerKey: string, projectId: string, email: string, role: Role) {
  await accept(server, server.keyOf(email), await invite(server, ownerKey, { projectId, email, role }));
}

/** A UUID that says which number it is, for sessions whose order by id is known. */
export function uuid(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
}
