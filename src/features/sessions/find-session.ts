import type { Concealment } from "../../core/auth/concealment.js";
import { seesProjects, type Principal } from "../../core/auth/principal.js";
import { AppError } from "../../core/errors/app-error.js";
import type { Query } from "../../db/engine.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import type { Encoded } from "../../db/row-codec.js";
import { createTemplates, Parameter } from "../../db/statement.js";
import { uuidOrNull } from "../../platform/text.js";
import { requireReachable, roleOf, type Role } from "../projects/access.js";
import { projectRow } from "../projects/row.js";
import { decodeContent } from "./content-codec.js";
import { smallMarkdown } from "./content/part-statements.js";
import { createTextReader, textColumns, type FoundText } from "./content/read-text.js";
import { sessionSummary, type SessionDetail, type SessionRow } from "./row.js";
import { wholeSession, type SessionSelection } from "./selection.js";

/** The id of a session, of the user's own or of a shared one. With a project, only that project is searched. */
export type SessionId = { readonly id: string; readonly projectId?: string | undefined };

export type IdInProject = { readonly id: string; readonly projectId: string };

/** The selection that is read of a session, and whether the Markdown is read with it, unless that is large. */
export type FoundSelection = { readonly selection: SessionSelection; readonly withMarkdown: boolean };

type Dependencies = { readonly query: Query; readonly policy: Concealment };
type Found = Encoded<{ role: Role | null; markdown?: string | null }>;
type FoundInProject = Found & { readonly isThere: boolean };
type FoundContent = FoundText | { readonly [Column in keyof FoundText]?: null };
type FoundDetail = FoundInProject & FoundContent & { readonly projectRow?: string; readonly markdownJsonSize: number };

/** The texts of a session that can be read: the Markdown, and the data with which an agent resumes the conversation. */
export type ReadableContent = "markdown" | "sessionData";

/** A text that can be read piece by piece. `whole` is the text if it has one piece. */
export type SessionText = { readonly whole: string | null; readonly pieces: () => AsyncGenerator<string> };

/** A session with its project, if the key may see it, and with the text that was asked for; null where none was, or where the session has none. */
export type FoundSession = SessionDetail & { readonly role: Role; readonly content: SessionText | null };

const WHOLE: FoundSelection = { selection: wholeSession, withMarkdown: false };

const [userId, id, projectId] = [new Parameter("userId"), new Parameter("id"), new Parameter("projectId")];

/** Finds one session that a user can reach, with the user's role in its project. */
export function createSessionFinder({ query, policy }: Dependencies) {
  const statements = composeStatements(policy);
  const templateOf = createTemplates();
  const texts = createTextReader({ query });

  async function findAnywhere({ userId, deadline }: Principal, id: string, { selection, withMarkdown }: FoundSelection) {
    const template = templateOf(`${String(withMarkdown)} ${selection.variant}`, () => statements.anywhere(selection, withMarkdown));
    const [session] = await query<Found>(template({ userId, id: uuidOrNull(id) }), deadline);
    requireReachable(session, "Session", { sessionId: id });
    return selection.codec.read(session);
  }

  async function findInProject({ userId, deadline }: Principal, wanted: IdInProject, { selection, withMarkdown }: FoundSelection) {
    const variant = `in project ${String(withMarkdown)} ${selection.variant}`;
    const template = templateOf(variant, () => statements.inProject(selection, withMarkdown));
    const args = { userId, id: uuidOrNull(wanted.id), projectId: wanted.projectId };
    const [found] = await query<FoundInProject>(template(args), deadline);
    return selection.codec.read(requireThere(found, wanted));
  }

  return {
    /** @throws NOT_FOUND, FORBIDDEN */
    async find(principal: Principal, { id, projectId }: SessionId, found = WHOLE): Promise<SessionRow & { role: Role }> {
      return projectId === undefined ? findAnywhere(principal, id, found) : findInProject(principal, { id, projectId }, found);
    },

    /** Finds a session with its project and, of its texts, the one that is asked for. @throws NOT_FOUND, FORBIDDEN */
    async findDetail(principal: Principal, wanted: IdInProject, content?: ReadableContent): Promise<FoundSession> {
      const { userId, deadline } = principal;
      const args = { userId, id: uuidOrNull(wanted.id), projectId: wanted.projectId };
      const withProject = seesProjects(principal);
      const template = templateOf(`detail ${String(withProject)} ${content ?? ""}`, () => statements.detail(withProject, content));
      const [found] = await query<FoundDetail>(template(args), deadline);
      const { projectRow: row, beginning, parts, uploadId, ...columns } = requireThere(found, wanted);
      const session = { ...sessionSummary.read(columns), ...(row === undefined ? {} : { project: projectRow.readText(row) }) };
      if (content === undefined || beginning == null) return { ...session, content: null };
      const text = {
        whole: parts === 0 ? decodeContent(beginning) : null,
        pieces: () => texts.pieces({ beginning, parts, uploadId }, { sessionKey: session.key, content }, deadline),
      };
      return { ...session, content: text };
    },
  };
}

/** @throws NOT_FOUND, FORBIDDEN for the project or for the session in it */
function requireThere<Row extends FoundInProject>(found: Row | undefined, { id, projectId }: IdInProject) {
  const details = { projectId, sessionId: id };
  requireReachable(found, "Project", details);
  if (!found.isThere) throw new AppError("RESOURCE_NOT_FOUND", { message: "Session not found", details });
  return found;
}

function composeStatements(policy: Concealment) {
  const ofSession = roleOf({ userId }, Prisma.raw("s"), "projectKey");
  const ofProject = roleOf({ userId }, Prisma.raw("p"));
  const onlyReachable = ({ isReachable }: typeof ofProject) => (policy.concealForbidden ? Prisma.sql`AND ${isReachable}` : Prisma.empty);

  /** Finds the project first, and then the session in that project: other projects may have sessions with this id too. */
  const inProject = (columns: Prisma.Sql, join = Prisma.empty) => Prisma.sql`WITH named AS (
      SELECT p.*, ${ofProject.column} FROM "Project" p ${ofProject.join}
      WHERE p."id" = ${projectId} ${onlyReachable(ofProject)} ORDER BY ${ofProject.order} LIMIT 1
    ) SELECT ${columns}, p."role", s."key" IS NOT NULL AS "isThere"
      FROM named p LEFT JOIN "Session" s ON s."projectKey" = p."key" AND s."id" = ${id}::uuid ${join}`;

  const columnsOf = ({ codec }: SessionSelection, withMarkdown: boolean) =>
    withMarkdown ? Prisma.sql`${codec.column}, ${smallMarkdown}` : codec.column;
  const contentOf = (role: Prisma.Sql, withMarkdown: boolean) =>
    withMarkdown ? Prisma.sql`LEFT JOIN "SessionContent" c ON c."sessionKey" = s."key" AND ${role} IS NOT NULL` : Prisma.empty;

  return {
    anywhere: (selection: SessionSelection, withMarkdown: boolean) => Prisma.sql`
      SELECT ${columnsOf(selection, withMarkdown)}, s."role" FROM (
        SELECT s.*, ${ofSession.column} FROM "Session" s ${ofSession.join}
        WHERE s."id" = ${id}::uuid ${onlyReachable(ofSession)} ORDER BY ${ofSession.order} LIMIT 1
      ) s ${contentOf(Prisma.sql`s."role"`, withMarkdown)}`,
    inProject: (selection: SessionSelection, withMarkdown: boolean) =>
      inProject(columnsOf(selection, withMarkdown), contentOf(Prisma.sql`p."role"`, withMarkdown)),
    detail(withProject: boolean, content?: ReadableContent) {
      const project = withProject ? Prisma.sql`, ${projectRow.columnAs("projectRow")}` : Prisma.empty;
      const columns = Prisma.sql`${sessionSummary.column}, s."markdownJsonSize" ${project}`;
      if (content === undefined) return inProject(columns);
      return inProject(Prisma.sql`${columns}, ${textColumns(content)}`, contentOf(Prisma.sql`p."role"`, true));
    },
  };
}
