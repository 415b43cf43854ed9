import type { Actor } from "../../core/audit/record.js";
import type { Deadline } from "../../platform/deadline.js";

/** Who acts on an account. The command line has no principal, and may do all. */
export type By = { readonly actor: Actor | null; readonly deadline: Deadline | undefined };
