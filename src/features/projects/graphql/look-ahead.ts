import type { Principal } from "../../../core/auth/principal.js";
import { columnsOf, selectionAt, selectionOf, type Selection, type SelectionInfo } from "../../../kits/graphql/selection.js";
import { projectColumns, selectProject, type ProjectColumn, type ProjectList, type ProjectRow, type ProjectSelection } from "../row.js";

/** A list that a field of the selected projects shows, and the selection set of that field. */
export type Preload = { readonly list: ProjectList; readonly owner: object };
type FindPreload = (fields: Selection, info: SelectionInfo, principal: Principal) => Preload | undefined;

const preloads: FindPreload[] = [];

/** Lets a feature have a list read together with projects, for a field that it adds to them. */
export function preloadWithProjects(find: FindPreload): void {
  preloads.push(find);
}

export type ProjectLookAhead = {
  readonly selection: ProjectSelection;
  /** Marks a row with the field that its list is for. */
  readonly mark: <Row extends ProjectRow>(row: Row) => Row;
};

/** The columns from which cursors are made. */
const CURSOR: readonly ProjectColumn[] = ["createdAt", "id", "ownerId"];

/** The last look-ahead of each selection. It is valid as long as `findPreload` returns the identical object. */
const known = new WeakMap<Selection, ProjectLookAhead & { readonly found: Preload | undefined }>();

/** Finds out what to read of the projects that the current field returns, or of the nodes of its connection. */
export function lookAheadAtProjects(info: SelectionInfo, principal: Principal, isConnection = false): ProjectLookAhead {
  const fields = isConnection ? selectionAt(info, ["edges", "node"]) : selectionOf(info);
  const found = findPreload(fields, info, principal);
  const last = known.get(fields);
  if (last !== undefined && last.found === found) return last;
  const columns = isConnection ? withColumns(toProjectColumns(fields), CURSOR) : toProjectColumns(fields);
  const lookAhead = { found, selection: selectProject(columns, found?.list), mark: markerOf(found) };
  known.set(fields, lookAhead);
  return lookAhead;
}

function findPreload(fields: Selection, info: SelectionInfo, principal: Principal): Preload | undefined {
  for (const find of preloads) {
    const found = find(fields, info, principal);
    if (found !== undefined) return found;
  }
  return undefined;
}

function markerOf(found: Preload | undefined): ProjectLookAhead["mark"] {
  return (row) => {
    if (found !== undefined) row.listOwner = found.owner;
    return row;
  };
}

/** Returns the columns of the selected fields. It returns at least one, even if only __typename is selected. */
export function toProjectColumns(fields: Selection): readonly ProjectColumn[] {
  const shown = columnsOf(fields, projectColumns);
  return shown.length === 0 ? ["key"] : shown;
}

function withColumns(columns: readonly ProjectColumn[], more: readonly ProjectColumn[]): readonly ProjectColumn[] {
  return projectColumns.filter((column) => columns.includes(column) || more.includes(column));
}

/** Returns the list that was read together with a project, if it was read for this field's selection set. */
export function preloadedList({ list, listOwner }: ProjectRow, owner: object | undefined): readonly object[] | undefined {
  return owner !== undefined && listOwner === owner ? list : undefined;
}
