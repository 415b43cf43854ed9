import type { Principal } from "../../core/auth/principal.js";
import { columnsOf, selectionAt, type Selection, type SelectionInfo } from "../../kits/graphql/selection.js";
import { projectColumns, selectProject, type ProjectColumn, type ProjectList, type ProjectRow, type ProjectSelection } from "./row.js";

/** A list that a field of the selected projects shows, and the selection set of that field. */
type Preload = { readonly list: ProjectList; readonly owner: object };
type FindPreload = (fields: Selection, info: SelectionInfo, principal: Principal) => Preload | undefined;

const preloads: FindPreload[] = [];

/** Lets a feature have a list read together with projects, for a field that it adds to them. */
export function preloadWithProjects(find: FindPreload): void {
  preloads.push(find);
}

export type ProjectLookAhead = {
  readonly selection: ProjectSelection;
  /** Tells the rows which field their list is for. */
  readonly mark: <Row extends ProjectRow>(row: Row) => Row;
};

/** The columns that any query needs, beside those that it shows: loaders find by the key, and cursors hold both. */
const ALWAYS: readonly ProjectColumn[] = ["key", "createdAt"];

const columnsBySelection = new WeakMap<Selection, readonly ProjectColumn[]>();

/** What to read of the projects at the end of a path beneath the field that is being resolved. */
export function lookAheadAtProjects(info: SelectionInfo, principal: Principal, path: readonly string[] = []): ProjectLookAhead {
  const fields = selectionAt(info, path);
  const columns = columnsBySelection.get(fields) ?? toProjectColumns(fields);
  columnsBySelection.set(fields, columns);
  const found = preloads.map((find) => find(fields, info, principal)).find((preload) => preload !== undefined);
  return {
    selection: selectProject(columns, found?.list),
    mark(row) {
      if (found !== undefined) row.listOwner = found.owner;
      return row;
    },
  };
}

/** The columns of projects whose fields are selected. */
export function toProjectColumns(fields: Selection): readonly ProjectColumn[] {
  const shown = columnsOf(fields, projectColumns);
  return projectColumns.filter((column) => ALWAYS.includes(column) || shown.includes(column));
}

/** The list that was read with a project for the field whose selection set this is. */
export function preloadedList({ list, listOwner }: ProjectRow, owner: object | undefined): readonly object[] | undefined {
  return owner !== undefined && listOwner === owner ? list : undefined;
}
