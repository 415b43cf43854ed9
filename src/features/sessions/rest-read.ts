import { AppError } from "../../core/errors/app-error.js";
import { chooseMediaType } from "../../core/request/accept.js";
import { toProject } from "../projects/rest-shapes.js";
import { COMMON_HEADERS } from "../../kits/rest/answer.js";
import { isKnown } from "../../kits/rest/conditional.js";
import { toSessionSummary } from "./rest-shapes.js";
import type { SessionDetail } from "./row.js";
import type { FoundSession, ReadableContent } from "./service.js";
import { toEtag } from "./etag.js";

export const MARKDOWN_TYPE = "text/markdown";
export const SESSION_DATA_TYPE = "application/vnd.specstory.session-data+json";
const MEDIA_TYPES = ["application/json", MARKDOWN_TYPE, SESSION_DATA_TYPE] as const;
type MediaType = (typeof MEDIA_TYPES)[number];

/** The headers that HEAD gives of a session in addition to its ETag. */
export const SIZE_HEADERS = ["X-Markdown-Size", "X-Raw-Data-Size", "X-Session-Data-Size"] as const;

type Reading = {
  readonly request: Request;
  readonly find: (content?: ReadableContent) => Promise<FoundSession>;
};

/** Answers GET and HEAD of one session, in the representation that is asked for. The content is read only if it is sent. */
export async function readSession({ request, find }: Reading): Promise<Response> {
  // A client that accepts none of them gets JSON, since some clients send an Accept header that is too narrow.
  const type = chooseMediaType(request.headers.get("accept"), MEDIA_TYPES) ?? "application/json";
  const ifNoneMatch = wantsNotModified(request) ? request.headers.get("if-none-match") : null;
  if (request.method === "HEAD" || ifNoneMatch !== null) {
    const session = await find();
    requireContent(session, type);
    const headers = headersOf(session, type);
    if (isKnown(ifNoneMatch, toEtag(session.etag))) return new Response(null, { status: 304, headers });
    if (request.method === "HEAD")
      return new Response(null, { headers: { ...headers, "Content-Length": String(lengthOf(session, type)) } });
  }
  // In one statement, so that both are of the same version.
  const session = await find(type === SESSION_DATA_TYPE ? "sessionData" : "markdown");
  requireContent(session, type);
  const content = session.content ?? "";
  return new Response(type === "application/json" ? toBody(session, content) : content, { headers: headersOf(session, type) });
}

/** Tells whether the client wants 304. SpecStory's Python SDK sends If-None-Match by itself, and then reads a body from a 304. */
function wantsNotModified({ method, headers }: Request): boolean {
  return method === "HEAD" || headers.get("x-sdk-language") !== "python";
}

/** @throws NOT_FOUND where the data to resume it from is asked for and the session has none */
function requireContent({ projectId, id, sessionDataSize }: SessionDetail, type: MediaType): void {
  if (type !== SESSION_DATA_TYPE || sessionDataSize > 0) return;
  throw new AppError("RESOURCE_NOT_FOUND", { message: "The session has no session data", details: { projectId, sessionId: id } });
}

function headersOf({ etag, updatedAt, markdownSize, rawDataSize, sessionDataSize }: SessionDetail, type: MediaType) {
  return {
    ...COMMON_HEADERS,
    "Content-Type": type === MARKDOWN_TYPE ? `${type}; charset=utf-8` : type,
    ETag: toEtag(etag),
    "Last-Modified": updatedAt.toUTCString(),
    "X-Markdown-Size": String(markdownSize),
    "X-Raw-Data-Size": String(rawDataSize),
    "X-Session-Data-Size": String(sessionDataSize),
  };
}

function toBody(session: SessionDetail, markdownContent: string): string {
  const data = { session: { ...toSessionSummary(session), markdownContent, project: toProject(session.project) } };
  return JSON.stringify({ success: true, data });
}

/** Computes the length of the body in bytes: the JSON with an empty Markdown, less its two quotes, which the stored size includes. */
function lengthOf(session: SessionDetail, type: MediaType): number {
  if (type === MARKDOWN_TYPE) return session.markdownSize;
  if (type === SESSION_DATA_TYPE) return session.sessionDataSize;
  return Buffer.byteLength(toBody(session, "")) - 2 + session.markdownJsonSize;
}
