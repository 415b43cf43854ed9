import { SIZE_HEADERS } from "../../features/sessions/rest-read.js";
import type { HeaderList } from "../../platform/header-list.js";
import { RATE_LIMIT_HEADERS } from "../../core/limits/headers.js";

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

/** What an answer that scripts of any origin may read says to a browser. */
export const CORS_HEADERS: HeaderList = ["Access-Control-Allow-Origin", "*", "Access-Control-Expose-Headers", EXPOSED_HEADERS.join(",")];
