import type { z } from "zod";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import type { StatementTemplate } from "../../db/statement.js";
import { limitBound } from "../../db/statement.js";
import type { Clock } from "../../platform/clock.js";
import type { PageBounds } from "../../platform/paging.js";
import { requireRole } from "../projects/access.js";
import type { ProjectService } from "../projects/service.js";
import {
  deleteBefore,
  hasEntries,
  listEntries,
  MOST_DELETED,
  type AuditCursor,
  type AuditRow,
  type AuditSelection,
} from "./entry-statements.js";
import type { auditFilter } from "./input.js";

export type AuditService = ReturnType<typeof createAuditService>;

type Dependencies = {
  readonly query: Query;
  readonly clock: Clock;
  readonly projects: Pick<ProjectService, "find">;
  /** How many days entries are kept; 0 is for ever. */
  readonly retentionDays: number;
};

type Bounds = PageBounds<AuditCursor>;
type Filter = z.output<typeof auditFilter>;

const DAY_MS = 86_400_000;

/** The audit log: who may read which entries, and how long they are kept. Entries are made where things are done (core/audit). */
export function createAuditService({ query, clock, projects, retentionDays }: Dependencies) {
  const templates = new Map<string, StatementTemplate>();

  function templateOf(selection: AuditSelection, bounds: Bounds, rows: number): StatementTemplate {
    const { after, before, inverted } = bounds;
    const variant = JSON.stringify([selection, after !== undefined, before !== undefined, inverted, limitBound(rows)]);
    const template = templates.get(variant) ?? listEntries(selection, bounds, rows);
    templates.set(variant, template);
    return template;
  }

  /** @throws NOT_FOUND or FORBIDDEN for a project that is not and was never the caller's own, as everywhere else */
  async function requireOwner(principal: Principal, projectId: string): Promise<void> {
    if ((await query(hasEntries({ ownerId: principal.userId, projectId }), principal.deadline)).length > 0) return;
    const { role } = await projects.find(principal, projectId);
    requireRole(role, "OWNER", { projectId });
  }

  return {
    /**
     * Reads a part of the log, the newest entry first: with `admin` of everything, else of what the caller owns. The former owner
     * of a deleted project may still read its entries.
     */
    async page(principal: Principal, { projectId, action }: Filter, page: { bounds: Bounds; limit: number }): Promise<AuditRow[]> {
      const isAdmin = principal.scopes.has("admin");
      if (!isAdmin) requireScope(principal, "projects:read");
      // Without a project the list has the entries of the account, which tell of its keys.
      if (!isAdmin && projectId == null) requireScope(principal, "keys:manage");
      const { bounds, limit } = page;
      const selection = { isOfOwner: !isAdmin, isOfProject: projectId != null, isOfAction: action != null };
      const { after, before } = bounds;
      const cursors = { afterAt: after?.at, afterId: after?.id, beforeAt: before?.at, beforeId: before?.id };
      const values = { ownerId: principal.userId, projectId, action, limit, ...cursors };
      const entries = await query<AuditRow>(templateOf(selection, bounds, limit)(values), principal.deadline);
      if (entries.length === 0 && projectId != null && !isAdmin) await requireOwner(principal, projectId);
      return entries;
    },

    /** Deletes the entries that are older than the setting allows, a few at a time, until the signal says to stop. */
    async deleteOld(signal?: AbortSignal): Promise<void> {
      if (retentionDays === 0) return;
      const before = new Date(clock.now().getTime() - retentionDays * DAY_MS);
      for (let deleted = MOST_DELETED; deleted === MOST_DELETED && signal?.aborted !== true;) {
        const [part] = await query<{ deleted: number }>(deleteBefore({ before }));
        deleted = part?.deleted ?? 0;
      }
    },
  };
}
