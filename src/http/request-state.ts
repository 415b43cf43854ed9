import type { RequestState } from "../graphql/context.js";
import type { Logger } from "../platform/logger.js";
import type { Random } from "../platform/random.js";

/** What Hono hands from one step of a request to the next. */
export type Environment = { Bindings: { address: string }; Variables: { state: RequestState } };

/** An id that a client may choose for its request: what every log and header can hold. */
const SANE_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

type Dependencies = { readonly logger: Logger; readonly random: Random };

/** What is known of a request when it comes in. Its id is the client's own if that is sane, else a new one. */
export function createRequestState(request: Request, address: string, { logger, random }: Dependencies): RequestState {
  const given = request.headers.get("x-request-id");
  const requestId = given !== null && SANE_ID.test(given) ? given : random.uuid();
  return {
    requestId,
    origin: new URL(request.url).origin,
    address,
    log: logger.child({ requestId }),
    principal: null,
    decision: null,
    errorReasons: [],
    operationNames: [],
  };
}
