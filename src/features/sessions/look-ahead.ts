import type { Principal } from "../../core/auth/principal.js";
import { columnsOf, selectionBeneath, type Selection, type SelectionInfo } from "../../kits/graphql/selection.js";
import { toProjectColumns } from "../projects/look-ahead.js";
import { metadataNames } from "./metadata.js";
import { toOrdering, type SessionOrder } from "./order.js";
import { sessionColumns, type SessionColumn } from "./row.js";
import { selectSession, type SessionSelection, type Wanted } from "./selection.js";

/** The type of every session that a list or a look-up gives. */
export const STORED_SESSION = "StoredSession";

/** Loaders find what belongs to a session by these. */
const ALWAYS: readonly SessionColumn[] = ["key", "projectKey"];

const wantedBySelection = new WeakMap<Selection, Wanted>();

/**
 * What to read of sessions whose fields are selected. What the key may not see is left to its field, which fails.
 * With an order it also reads what the cursors of a connection are made of.
 */
export function lookAheadAtSessions(fields: Selection, info: SelectionInfo, { principal, orderBy }: Reader): SessionSelection {
  const wanted = wantedBySelection.get(fields) ?? toWanted(fields, info);
  wantedBySelection.set(fields, wanted);
  const project = principal.scopes.has("projects:read") ? wanted.project : null;
  const columns = orderBy === undefined ? wanted.columns : withColumns(wanted.columns, ["id", toOrdering(orderBy).column]);
  return selectSession({ ...wanted, columns, project });
}

type Reader = { readonly principal: Principal; readonly orderBy?: SessionOrder };

function toWanted(fields: Selection, info: SelectionInfo): Wanted {
  const beneath = (name: string) => (fields.get(name) ?? []).map((field) => selectionBeneath(info, field));
  const metadata = beneath("metadata").flatMap((selection) => columnsOf(selection, metadataNames));
  const project = beneath("project").flatMap(toProjectColumns);
  return {
    columns: withColumns(columnsOf(fields, sessionColumns), ALWAYS),
    metadata: metadata.length === 0 ? null : metadataNames.filter((name) => metadata.includes(name)),
    project: project.length === 0 ? null : [...new Set(project)].sort(),
  };
}

function withColumns(columns: readonly SessionColumn[], more: readonly SessionColumn[]): readonly SessionColumn[] {
  return sessionColumns.filter((column) => columns.includes(column) || more.includes(column));
}
