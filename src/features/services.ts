import { createAnalyticsService } from "./analytics/service.js";
import { createAccountService } from "./accounts/service.js";
import { createBackupService } from "./backups/service.js";
import { createApiKeyService } from "./api-keys/service.js";
import { createAuditService } from "./audit/service.js";
import { createCredentialChanges, type Cap } from "../core/auth/credential-changes.js";
import { unlimitedBudget, type FieldBudget } from "../core/auth/field-budget.js";
import type { Policy } from "../core/limits/policy.js";
import type { Database } from "../db/database.js";
import { createExportService } from "./export/service.js";
import { createDeviceService } from "./devices/service.js";
import type { Clock } from "../platform/clock.js";
import type { Random } from "../platform/random.js";
import { createInvitationService } from "./members/invitation-service.js";
import { createMemberService } from "./members/service.js";
import { createProjectService } from "./projects/service.js";
import { createResumeSearchService } from "./search/resume-service.js";
import { createSearchService } from "./search/service.js";
import { createHistoryService } from "./history/service.js";
import { createRelatedService } from "./search/related-service.js";
import { createStorageService } from "./storage/service.js";
import { createSessionService } from "./sessions/service.js";
import { createSyncService } from "./sync/service.js";
import { createSessionWriteService } from "./sessions/write-service.js";
import { createUserService } from "./users/service.js";

export type Services = ReturnType<typeof createServices>;

type Dependencies = {
  readonly database: Pick<Database, "prisma" | "query" | "transaction" | "hasOneConnection">;
  readonly clock: Clock;
  readonly random: Random;
  /** What searches are taken from; at the command line there is none. */
  readonly searchBudget?: FieldBudget | undefined;
  readonly config: {
    readonly concealForbidden: boolean;
    readonly quotaStorageBytes: number | undefined;
    readonly auditRetentionDays: number;
    readonly credentials: { readonly keysPerUser: Cap; readonly devicesPerKey: Cap };
    readonly rateLimits: { readonly graphql: Policy; readonly rest: Policy };
  };
};

/** All rules of the product, over one database. GraphQL, REST and the command line use these services and nothing beneath them. */
export function createServices({ database, clock, random, searchBudget = unlimitedBudget, config }: Dependencies) {
  const { prisma, query, transaction } = database;
  const { graphql, rest } = config.rateLimits;
  const changes = { changeCredentials: createCredentialChanges(transaction), ...config.credentials };
  const base = { prisma, query, transaction, clock, random, searchBudget, policy: { concealForbidden: config.concealForbidden } };
  const projects = createProjectService(base);
  const sessions = createSessionService(base);
  const users = createUserService(base);
  const apiKeys = createApiKeyService({ ...base, ...changes, defaultLimits: [graphql, rest] });
  const members = createMemberService({ ...base, projects });
  const invitations = createInvitationService({ ...base, projects });
  const sessionWrites = createSessionWriteService({ ...base, sessions, quotaBytes: config.quotaStorageBytes });
  return {
    projects,
    sessions,
    sync: createSyncService({ ...base, projects }),
    resumeSearch: createResumeSearchService(base),
    members,
    invitations,
    related: createRelatedService(base),
    sessionWrites,
    history: createHistoryService({ ...base, sessionWrites }),
    search: createSearchService(base),
    analytics: createAnalyticsService(base),
    storage: createStorageService(base),
    users,
    accounts: createAccountService({ ...base, ...changes }),
    audit: createAuditService({ ...base, projects, retentionDays: config.auditRetentionDays }),
    apiKeys,
    exports: createExportService({ ...base, users, apiKeys, members, invitations }),
    backups: createBackupService({ ...database, clock }),
    devices: createDeviceService({ ...base, ...changes }),
  };
}
