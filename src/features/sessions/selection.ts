import type { Attachment } from "../../db/row-codec.js";
import { Prisma } from "../../db/generated/prisma/client.js";
import { projectColumns, projectRow, type ProjectColumn } from "../projects/row.js";
import { metadataNames, type MetadataName } from "./metadata.js";
import { metadataOnly, sessionColumns, sessionRow, type SessionColumn } from "./row.js";

/** The parts of sessions that a query wants. A part that is null is not read: a loader finds it when a field asks for it. */
export type Wanted = {
  readonly columns: readonly SessionColumn[];
  readonly metadata: readonly MetadataName[] | null;
  readonly project: readonly ProjectColumn[] | null;
};

/** The columns that are read of sessions. Statements are kept by the name of the variant. */
export type SessionSelection = {
  readonly variant: string;
  readonly codec: Pick<
    typeof sessionRow,
    "column" | "read" | "list" | "readAll" | "value" | "readValue" | "values" | "readValues" | "columns"
  >;
};

export const wholeSession: SessionSelection = { variant: "", codec: sessionRow };

/** The most selections. Each makes new statements, which PostgreSQL keeps prepared. Clients use few, and no client may fill its memory. */
const MOST_SELECTIONS = 32;
const selections = new Map<string, SessionSelection>();

/** Selects what is wanted. If too many selections are in use, it selects all columns of each wanted part. */
export function selectSession(wanted: Wanted): SessionSelection {
  const known = selections.get(nameOf(wanted));
  if (known !== undefined) return known;
  const { metadata, project } = wanted;
  if (selections.size < MOST_SELECTIONS) return create(wanted);
  return create({
    columns: sessionColumns,
    metadata: metadata && metadataNames,
    project: project && projectColumns,
  });
}

function create(wanted: Wanted): SessionSelection {
  const variant = nameOf(wanted);
  const attachments = [...metadataOf(wanted), ...projectOf(wanted)];
  const selection = selections.get(variant) ?? { variant, codec: sessionRow.only(wanted.columns, attachments) };
  selections.set(variant, selection);
  return selection;
}

function nameOf({ columns, metadata, project }: Wanted): string {
  return `${columns.join()};${metadata?.join() ?? "-"};${project?.join() ?? "-"}`;
}

function metadataOf({ metadata }: Wanted): Attachment[] {
  if (metadata === null) return [];
  const codec = metadataOnly.only(metadata);
  return [{ property: "metadata", values: codec.parts, read: codec.readParts, columns: metadata }];
}

function projectOf({ project }: Wanted): Attachment[] {
  if (project === null) return [];
  const codec = projectRow.only(project);
  const value = Prisma.sql`(SELECT ${codec.value} FROM "Project" p WHERE p."key" = s."projectKey")`;
  return [{ property: "project", values: [value], read: ([json]) => codec.readValue(json), columns: ["projectKey"] }];
}
