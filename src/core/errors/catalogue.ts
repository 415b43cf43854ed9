/**
 * The one table of all failures. The GraphQL `extensions`, the HTTP status, the schema's enums, `errorCatalog` and the
 * error reference page are derived from it: a new failure is a new entry here.
 */
type Entry = {
  /** The coarse class a GraphQL client switches on (`extensions.code`). */
  readonly code: string;
  readonly httpStatus: number;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
  /** The message for the client where the code that throws gives none. */
  readonly message: string;
  readonly description: string;
  readonly solution: string;
};

export const catalogue = {
  MISSING_TOKEN: {
    code: "UNAUTHENTICATED",
    httpStatus: 401,
    retryable: false,
    message: "Authentication required",
    description: "The request has no Authorization header.",
    solution: "Send your API key: Authorization: Bearer YOUR_API_KEY.",
  },
  INVALID_TOKEN: {
    code: "UNAUTHENTICATED",
    httpStatus: 401,
    retryable: false,
    message: "Invalid or expired API key",
    description: "The Bearer token is malformed, unknown, revoked or expired.",
    solution: "Check the key for missing characters, or create a new one if it was revoked or has expired.",
  },
  INVALID_CREDENTIALS: {
    code: "UNAUTHENTICATED",
    httpStatus: 401,
    retryable: false,
    message: "Unsupported credentials",
    description: "The Authorization header uses another scheme than Bearer, or a device code is wrong.",
    solution: "Use the Bearer scheme: Authorization: Bearer YOUR_API_KEY.",
  },
  ACCOUNT_LOCKED: {
    code: "UNAUTHENTICATED",
    httpStatus: 401,
    retryable: false,
    message: "The account is locked",
    description: "An admin has locked the user of the API key, token or device code. It works again once the user is unlocked.",
    solution: "Ask the operator to unlock the user; another key of the same user will not help.",
  },
  INSUFFICIENT_SCOPE: {
    code: "FORBIDDEN",
    httpStatus: 403,
    retryable: false,
    message: "The API key lacks a required scope",
    description: "The API key is valid but was not given the scope that this operation needs.",
    solution: "Use a key that has the scope named in requiredScope.",
  },
  ACCESS_DENIED: {
    code: "FORBIDDEN",
    httpStatus: 403,
    retryable: false,
    message: "Access denied",
    description: "The resource belongs to another user, or your role in its project does not allow this.",
    solution: "Check that the resource is yours, or ask the owner of the project for access.",
  },
  RESOURCE_NOT_FOUND: {
    code: "NOT_FOUND",
    httpStatus: 404,
    retryable: false,
    message: "Resource not found",
    description: "The project, session or key does not exist, was deleted, or is in another project.",
    solution: "Check the resource ID; the projects query lists the projects you can reach.",
  },
  ENDPOINT_NOT_FOUND: {
    code: "NOT_FOUND",
    httpStatus: 404,
    retryable: false,
    message: "Endpoint not found",
    description: "The server has no such address, or (status 405, with an Allow header) not for this method.",
    solution: "Check the address and the method; GraphQL is at /api/v1/graphql.",
  },
  MISSING_REQUIRED_FIELD: {
    code: "VALIDATION_ERROR",
    httpStatus: 400,
    retryable: false,
    message: "A required value is missing",
    description: "An argument, variable or field that must be given is absent.",
    solution: "Give the values named in fields or in the message.",
  },
  INVALID_FORMAT: {
    code: "VALIDATION_ERROR",
    httpStatus: 400,
    retryable: false,
    message: "The request is malformed",
    description: "The GraphQL or JSON syntax is wrong, a value has the wrong type, or the Content-Type is missing.",
    solution: "Correct the syntax or the type at the place named in locations, fields or the message.",
  },
  INVALID_PARAMETER: {
    code: "VALIDATION_ERROR",
    httpStatus: 400,
    retryable: false,
    message: "A value is not allowed",
    description: "A value or name is not one the server accepts: unknown, out of range, or beyond a limit of the server.",
    solution: "Correct the values named in fields or in the message; the schema documents the allowed ones.",
  },
  RESOURCE_CONFLICT: {
    code: "CONFLICT",
    httpStatus: 409,
    retryable: false,
    message: "The request conflicts with what is stored",
    description:
      "The id is in use, the session changed since the ETag that you expected, another backup or export is being made, or nobody would be left with a working admin key.",
    solution: "Read the resource again, and repeat the change on what is stored now.",
  },
  RATE_LIMIT_EXCEEDED: {
    code: "RATE_LIMITED",
    httpStatus: 429,
    retryable: true,
    message: "Rate limit exceeded",
    description: "A rate-limit window of the API key or client address is full.",
    solution: "Wait for the seconds named in retryAfter, then try again; back off if it happens often.",
  },
  QUOTA_EXCEEDED: {
    code: "RATE_LIMITED",
    httpStatus: 429,
    retryable: false,
    message: "Storage quota exceeded",
    description: "The owner's storage quota is full, or the user has as many keys, devices or invitations as allowed.",
    solution: "Delete or revoke what is no longer needed, or ask the operator for a larger quota.",
  },
  INTERNAL_ERROR: {
    code: "INTERNAL_SERVER_ERROR",
    httpStatus: 500,
    retryable: true,
    message: "Internal server error",
    description: "A bug in the server. The details are in the server's log under the requestId.",
    solution: "Try again; if it persists, report the requestId to the operator.",
  },
  UPSTREAM_ERROR: {
    code: "BAD_GATEWAY",
    httpStatus: 502,
    retryable: true,
    message: "The database failed to answer",
    description: "The database cut the connection or answered with something unusable.",
    solution: "Try again in a moment.",
  },
  UPSTREAM_UNAVAILABLE: {
    code: "SERVICE_UNAVAILABLE",
    httpStatus: 503,
    retryable: true,
    message: "The service is temporarily unavailable",
    description: "The database cannot be reached, or the server is shutting down.",
    solution: "Try again in a moment.",
  },
  UPSTREAM_TIMEOUT: {
    code: "GATEWAY_TIMEOUT",
    httpStatus: 504,
    retryable: true,
    message: "The database did not answer in time",
    description: "A deadline of the database passed.",
    solution: "Try again; ask for less at once if it persists.",
  },
} as const satisfies Record<string, Entry>;

export type ErrorReason = keyof typeof catalogue;
export type ErrorCode = (typeof catalogue)[ErrorReason]["code"];

// Object.keys is typed string[]; the catalogue is a closed literal, so its keys are exactly the reasons.
export const errorReasons = Object.keys(catalogue) as ErrorReason[];

export const errorCodes: readonly ErrorCode[] = [...new Set(errorReasons.map((reason) => catalogue[reason].code))];
