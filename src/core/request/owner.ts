import type { Claim } from "../../platform/deadline.js";
import type { Principal } from "../auth/principal.js";
import type { ContentOwner } from "../load/content-memory.js";

type Caller = { readonly principal: Principal | null; readonly address: string };

/**
 * For whom a request is served. Slots, connections and memory are shared by key, and without one by address. A device has no
 * share beside that of its key. An id and an address never look alike.
 */
export function ownerOf({ principal, address }: Caller): ContentOwner {
  return principal === null ? { name: address, isAnonymous: true } : { name: principal.budgetId, isAnonymous: false };
}

export function claimOf(request: Caller & { readonly isUpload: boolean }): Claim {
  return { owner: ownerOf(request).name, isHeavy: request.isUpload };
}
