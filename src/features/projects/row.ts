import type { Prisma, Project } from "../../db/generated/prisma/client.js";
import { createRowCodec, type Attachment, type Columns, type RowCodec } from "../../db/row-codec.js";
import type { Arguments } from "../../db/statement.js";

const columns: Columns<Project> = {
  key: "bigint",
  ownerId: "plain",
  id: "plain",
  name: "plain",
  icon: "plain",
  color: "plain",
  createdAt: "time",
  updatedAt: "time",
  lastActivity: "time",
  sessionCount: "plain",
  storedBytes: "bigint",
};

export type ProjectColumn = keyof Project;
export const projectColumns = Object.keys(columns) as readonly ProjectColumn[]; // the keys of a constant

/** Reads the rows of the table called p. */
export const projectRow = createRowCodec<Project>("p", columns);

/** A list that another feature had read with a project, and the selection set of the field that it is for. */
type Preloaded = { readonly list?: readonly object[]; listOwner?: object };

export type ProjectRow = Project & Preloaded;

/**
 * The columns and the list that are read of projects. Statements are kept by the name of the variant, so equal selections
 * must have equal names.
 */
export type ProjectSelection = {
  readonly variant: string;
  readonly codec: RowCodec<Project>;
  /** The values of the list's parameters. */
  readonly args: Arguments;
};

export const wholeProject: ProjectSelection = { variant: "", codec: projectRow, args: {} };

/** A list to be read with each project: its SQL selects it as JSON from the project called p, by its key. */
export type ProjectList = {
  readonly variant: string;
  readonly compose: () => Prisma.Sql;
  readonly read: (json: unknown) => readonly object[];
  readonly args: Arguments;
};

/** The most selections. Each makes new statements, which PostgreSQL keeps prepared. Clients use few, and no client may fill its memory. */
const MOST_SELECTIONS = 32;
const codecs = new Map<string, RowCodec<Project>>();

/** Selects only these columns, and a list. If too many selections are in use, it selects all columns and no list. */
export function selectProject(names: readonly ProjectColumn[], list?: ProjectList): ProjectSelection {
  const variant = list === undefined ? names.join() : `${names.join()}+${list.variant}`;
  const known = codecs.get(variant);
  if (known !== undefined) return { variant, codec: known, args: list?.args ?? {} };
  if (codecs.size >= MOST_SELECTIONS) return wholeProject;
  const codec = projectRow.only(names, list === undefined ? [] : [toAttachment(list)]);
  codecs.set(variant, codec);
  return { variant, codec, args: list?.args ?? {} };
}

function toAttachment({ compose, read }: ProjectList): Attachment {
  return { property: "list", values: [compose()], read: ([json]) => read(json), columns: ["key"] };
}
