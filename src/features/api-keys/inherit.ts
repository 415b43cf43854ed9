import type { Parent } from "../../core/auth/credential-changes.js";
import { requireScope, type Principal } from "../../core/auth/principal.js";
import { badInput, type BadField } from "../../core/errors/bad-input.js";
import { isWithin } from "../../core/limits/compare-policies.js";
import { parsePolicy, type Policy } from "../../core/limits/policy.js";

/** The end and the limit of a key: those that are asked for, or those that it has. */
type Bounds = { readonly expiresAt?: Date | null | undefined; readonly rateLimit?: string | null | undefined };

type Made = { readonly principal: Principal; readonly parent: Parent; readonly defaults: readonly Policy[] };

/**
 * Gives a new key what it was not given of the key that makes it. `defaults` are the limits of keys without one of their own.
 * @throws VALIDATION_ERROR for what goes beyond the key that makes it; FORBIDDEN for more than a default without `admin`
 */
export function inherit(asked: Bounds, { principal, parent, defaults }: Made): Bounds {
  const [first, ...more] = [...excessOfTime(asked, parent), ...excessOfRate(asked, parent)];
  if (first !== undefined) throw badInput([first, ...more]);
  const policy = policyOf(asked.rateLimit);
  const exceedsDefaults = policy !== null && !defaults.every((bound) => isWithin(policy, bound));
  if (parent.rateLimit === null && exceedsDefaults) requireScope(principal, "admin");
  return { expiresAt: asked.expiresAt ?? parent.expiresAt, rateLimit: asked.rateLimit ?? parent.rateLimit };
}

function excessOfTime({ expiresAt }: Bounds, parent: Parent): BadField[] {
  if (expiresAt == null || parent.expiresAt === null || expiresAt <= parent.expiresAt) return [];
  return [toExcess("expiresAt", `must not be later than ${parent.expiresAt.toISOString()}, when your own key expires`)];
}

function excessOfRate({ rateLimit }: Bounds, parent: Parent): BadField[] {
  const [policy, bound] = [policyOf(rateLimit), policyOf(parent.rateLimit)];
  if (policy === null || bound === null || isWithin(policy, bound)) return [];
  return [toExcess("rateLimit", `must not exceed ${parent.rateLimit ?? ""}, the limit of your own key`)];
}

function toExcess(name: string, message: string): BadField {
  return { path: ["input", name], reason: "INVALID_PARAMETER", message: `input.${name}: ${message}` };
}

function policyOf(text: string | null | undefined): Policy | null {
  return text == null ? null : parsePolicy(text);
}
