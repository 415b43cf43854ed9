import { SIZE_HEADERS } from "../../features/sessions/rest-read.js";
import type { HeaderList } from "../../platform/header-list.js";
import { RATE_LIMIT_HEADERS } from "../../core/limits/headers.js";
import { isApiPath } from "../../core/request/paths.js";

/** What scripts in a browser may read beside the body. */
export const EXPOSED_HEADERS = [
  "X-Request-Id",
  "WWW-Authenticate",
  "Allow",
  "ETag",
  "Last-Modified",
  "Content-Length",
  ...SIZE_HEADERS,
  ...RATE_LIMIT_HEADERS,
];

/** How long a browser may keep what it was told by a preflight request. */
export const CORS_MAX_AGE_SECONDS = 86_400;

const ALLOWED: HeaderList = ["Access-Control-Allow-Origin", "*", "Access-Control-Expose-Headers", EXPOSED_HEADERS.join(",")];
const NONE: HeaderList = [];

/**
 * The headers with which a browser lets scripts of any origin read an answer. Only the API has them: it needs a key that
 * other sites do not have, while metrics and pages are for whoever can reach the server.
 */
export function corsHeadersOf(path: string): HeaderList {
  return isApiPath(path) ? ALLOWED : NONE;
}
