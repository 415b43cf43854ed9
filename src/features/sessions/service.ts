import type { Concealment } from "../../core/auth/concealment.js";
import type { FieldBudget } from "../../core/auth/field-budget.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import type { Query } from "../../db/engine.js";
import type { Clock } from "../../platform/clock.js";
import type { Role } from "../projects/access.js";
import {
  createSessionFinder,
  type FoundSelection,
  type FoundSession,
  type IdInProject,
  type ReadableContent,
  type SessionId,
} from "./find-session.js";
import { createSessionLists } from "./list-sessions.js";
import { createSessionContents } from "./read-content.js";
import type { SessionRow } from "./row.js";

export type SessionService = ReturnType<typeof createSessionService>;
export type { PageOptions, PlaceOfAll } from "./list-sessions.js";
export type { FoundSession, ReadableContent } from "./find-session.js";

type Dependencies = {
  readonly query: Query;
  readonly clock: Clock;
  readonly searchBudget: FieldBudget;
  readonly policy: Concealment;
};

/** Reads sessions: single ones, lists of every kind, and their content. */
export function createSessionService({ query, clock, searchBudget, policy }: Dependencies) {
  const { find, findDetail } = createSessionFinder({ query, policy });
  return {
    /** Finds the session that the id names, with the user's role in its project. */
    find: (principal: Principal, id: string, projectId?: string): Promise<SessionRow & { role: Role }> =>
      find(principal, { id, projectId }),

    /** Finds a session in the project that an id names, with the project and, of its texts, the one that is asked for. */
    async detail(principal: Principal, id: IdInProject, content?: ReadableContent): Promise<FoundSession> {
      requireScope(principal, "sessions:read");
      return findDetail(principal, id, content);
    },

    async get(principal: Principal, id: SessionId, selection?: FoundSelection): Promise<SessionRow> {
      requireScope(principal, "sessions:read");
      return find(principal, id, selection);
    },

    ...createSessionLists({ query, clock, searchBudget }),
    ...createSessionContents({ query }),
  };
}
