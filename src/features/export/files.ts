import type { Principal } from "../../core/auth/principal.js";
import type { Project } from "../../db/generated/prisma/client.js";
import type { createKeyStore } from "../api-keys/key-store.js";
import type { createInvitationService } from "../members/invitation-service.js";
import type { createMemberService } from "../members/service.js";
import { toProject } from "../projects/rest-shapes.js";
import type { ContentName } from "../sessions/content/stored-text.js";
import { toSessionSummary } from "../sessions/rest-shapes.js";
import type { createUserService } from "../users/service.js";
import { projectFolder } from "./file-names.js";
import { describeKey, joinPages, wholeList, type createOwnData } from "./own-data.js";
import type { createWholeSessions, WholeSession } from "./whole-session.js";

/** A file of an export: its path, with `/` between folders, its length in bytes, and its content in pieces, which can be read once. */
export type ExportFile = {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly content: Iterable<string> | AsyncIterable<string>;
};

export type Sources = {
  readonly users: Pick<ReturnType<typeof createUserService>, "viewer">;
  readonly apiKeys: Pick<ReturnType<typeof createKeyStore>, "list">;
  readonly members: Pick<ReturnType<typeof createMemberService>, "ofProjects">;
  readonly invitations: Pick<ReturnType<typeof createInvitationService>, "list">;
  readonly ownData: ReturnType<typeof createOwnData>;
  readonly sessions: ReturnType<typeof createWholeSessions>;
  readonly now: () => Date;
};

/** The names of the files that hold the texts of a session. */
const TEXT_FILES: Readonly<Record<ContentName, string>> = {
  markdown: "conversation.md",
  rawData: "raw-data",
  sessionData: "session-data.json",
};

/** Makes all files of a user's export, each when the one before has been read. */
export async function* exportedFiles(principal: Principal, sources: Sources): AsyncGenerator<ExportFile> {
  const { ownData, sessions } = sources;
  yield await userFile(principal, sources);
  yield* await keyFiles(principal, sources);
  for await (const projects of ownData.projects(principal)) {
    for (const project of projects) {
      const folder = `projects/${projectFolder(project)}`;
      yield await projectFile(principal, { project, folder }, sources);
      for await (const places of ownData.sessions(principal, project)) {
        for (const { key } of places) {
          const whole = await sessions.read(key, principal.deadline);
          if (whole !== null) yield* sessionFiles(`${folder}/sessions`, whole);
        }
      }
    }
  }
}

async function userFile(principal: Principal, { users, invitations, ownData, now }: Sources): Promise<ExportFile> {
  const { id, email, createdAt, storedBytes } = await users.viewer(principal);
  const memberships = await joinPages(ownData.memberships(principal));
  const offers = await wholeList((page) => invitations.list(principal, page));
  const facts = {
    ...{ id, email, createdAt, storedBytes: Number(storedBytes), exportedAt: now() },
    memberships: memberships.map(({ projectId, ownerId, projectName, role, createdAt: since }) => ({
      ...{ projectId, ownerId, projectName, role, createdAt: since },
    })),
    invitations: offers.map((offer) => ({
      ...{ id: offer.id, projectId: offer.projectId, projectName: offer.projectName, role: offer.role },
      ...{ invitedBy: offer.invitedBy, createdAt: offer.createdAt, expiresAt: offer.expiresAt },
    })),
  };
  return jsonFile("user.json", facts, now());
}

async function keyFiles({ userId, deadline }: Principal, { apiKeys, now }: Sources): Promise<ExportFile[]> {
  const all = await wholeList((page) => apiKeys.list(userId, page, deadline));
  const ofKind = (kind: string) => all.filter((key) => key.kind === kind).map(describeKey);
  return [jsonFile("keys.json", { keys: ofKind("API_KEY") }, now()), jsonFile("devices.json", { devices: ofKind("DEVICE") }, now())];
}

type InFolder = { readonly project: Project; readonly folder: string };

async function projectFile(principal: Principal, { project, folder }: InFolder, { members, ownData }: Sources): Promise<ExportFile> {
  const all = await wholeList((page) => members.ofProjects(principal, [project.key], page));
  const { lastActivity, sessionCount, storedBytes } = project;
  const facts = {
    ...toProject(project),
    ...{ lastActivity, sessionCount, storedBytes: Number(storedBytes) },
    members: all.map(({ userId, role, createdAt, user }) => ({ userId, email: user.email, role, createdAt })),
    invitations: await ownData.invitations(principal, project),
  };
  return jsonFile(`${folder}/project.json`, facts, project.updatedAt);
}

function* sessionFiles(folder: string, { session, texts }: WholeSession): Generator<ExportFile> {
  const modifiedAt = session.updatedAt;
  yield jsonFile(`${folder}/${session.id}/session.json`, toSessionSummary(session), modifiedAt);
  for (const { name, bytes, pieces } of texts) {
    yield { path: `${folder}/${session.id}/${TEXT_FILES[name]}`, bytes, modifiedAt, content: pieces };
  }
}

function jsonFile(path: string, facts: object, modifiedAt: Date): ExportFile {
  const text = `${JSON.stringify(facts, null, 2)}\n`;
  return { path, bytes: Buffer.byteLength(text), modifiedAt, content: [text] };
}
