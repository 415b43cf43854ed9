import { z } from "zod";
import { allScopes, type Scope } from "../../core/auth/scopes.js";
import { parsePolicy } from "../../core/limits/policy.js";
import { nameText } from "../../platform/text.js";
import { timeValue } from "../../platform/time.js";

// A tuple type is what z.enum asks for; the table of scopes is never empty.
export const scopeText = z.enum(allScopes as [Scope, ...Scope[]], `must be one of ${allScopes.join(", ")}`);

export const createApiKeyInput = z.object({
  name: nameText,
  scopes: z.array(scopeText).min(1, "must name at least one scope"),
  expiresAt: timeValue.nullish(),
  rateLimit: z
    .string()
    .refine((text) => parsePolicy(text) !== null, 'must be limits like "500/1h" or "1000/1h,60/1m"')
    .nullish(),
  // In lower case, since it is compared with the caller's, and the lock of a user's credentials is taken by its text.
  userId: z
    .guid("must be a UUID")
    .transform((text) => text.toLowerCase())
    .nullish(),
});

/** Validates the input at a certain time: a key must expire after it is made. */
export const createApiKeyInputAt = (now: Date) =>
  createApiKeyInput.extend({ expiresAt: timeValue.refine((time) => time > now, "must be in the future").nullish() });

export const revokeApiKeyInput = z.object({ id: z.guid("must be a UUID") });
