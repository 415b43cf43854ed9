import { z } from "zod";
import { allAuditActions, type AuditAction } from "../../core/audit/actions.js";
import { projectIdText } from "../projects/input.js";

export const auditFilter = z.object({
  projectId: projectIdText.nullish(),
  // A tuple type is what z.enum asks for; the table of actions is never empty.
  action: z.enum(allAuditActions as [AuditAction, ...AuditAction[]]).nullish(),
});
