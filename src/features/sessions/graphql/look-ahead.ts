import { seesProjects, type Principal } from "../../../core/auth/principal.js";
import { columnsOf, selectionBeneath, type Selection, type SelectionInfo } from "../../../kits/graphql/selection.js";
import { toProjectColumns } from "../../projects/graphql/look-ahead.js";
import { metadataNames } from "../metadata.js";
import { sessionColumns, type SessionColumn } from "../row.js";
import { selectSession, type SessionSelection, type Wanted } from "../selection.js";

/** The GraphQL type of the sessions in lists and look-ups. */
export const STORED_SESSION = "StoredSession";

const wantedBySelection = new WeakMap<Selection, Wanted>();

/** The caller, and the columns that cursors and loaders need in addition to those that the fields show. */
type Reader = { readonly principal: Principal; readonly columns?: readonly SessionColumn[] };

/** Finds out what to read of sessions. It leaves out what the key may not see: the field itself will fail. */
export function lookAheadAtSessions(fields: Selection, info: SelectionInfo, { principal, columns = [] }: Reader): SessionSelection {
  const wanted = wantedBySelection.get(fields) ?? toWanted(fields, info);
  wantedBySelection.set(fields, wanted);
  const isProjectVisible = seesProjects(principal);
  const more = wanted.project === null || isProjectVisible ? columns : [...columns, "projectKey" as const];
  return selectSession({
    ...wanted,
    columns: more.length === 0 ? wanted.columns : withColumns(wanted.columns, more),
    project: isProjectVisible ? wanted.project : null,
  });
}

function toWanted(fields: Selection, info: SelectionInfo): Wanted {
  const beneath = (name: string) => (fields.get(name) ?? []).map((field) => selectionBeneath(info, field));
  const metadata = beneath("metadata").flatMap((selection) => columnsOf(selection, metadataNames));
  const project = beneath("project").flatMap(toProjectColumns);
  const columns = columnsOf(fields, sessionColumns);
  return {
    // At least one column is read, even if only __typename is selected.
    columns: columns.length === 0 ? ["id"] : columns,
    metadata: fields.has("metadata") ? metadataNames.filter((name) => metadata.includes(name) || metadata.length === 0) : null,
    project: project.length === 0 ? null : [...new Set(project)].sort(),
  };
}

function withColumns(columns: readonly SessionColumn[], more: readonly SessionColumn[]): readonly SessionColumn[] {
  return sessionColumns.filter((column) => columns.includes(column) || more.includes(column));
}
