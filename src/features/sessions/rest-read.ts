import type { AnswerContent } from "../../core/load/answer-content.js";
import { AppError } from "../../core/errors/app-error.js";
import { chooseMediaType } from "../../core/request/accept.js";
import { toProject } from "../projects/rest-shapes.js";
import { COMMON_HEADERS, streamText, type StreamSource } from "../../kits/rest/answer.js";
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

/** The memory that a stream takes: the beginning of the text, and the part that is being sent. */
const STREAM_BYTES = 2_000_000;

type Reading = {
  readonly request: Request;
  readonly find: (content?: ReadableContent) => Promise<FoundSession>;
  /** The memory for what is sent. */
  readonly content: AnswerContent;
  readonly stream: StreamSource;
};

/** Answers GET and HEAD of one session, in the representation that is asked for. The content is read only if it is sent. */
export async function readSession({ request, find, content: memory, stream }: Reading): Promise<Response> {
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
  const headers = headersOf(session, type);
  const { content } = session;
  if (content?.whole === null) {
    const pieces = type === "application/json" ? toBodyPieces(session, content.pieces()) : content.pieces();
    memory.hold(STREAM_BYTES);
    return streamText(pieces, { ...headers, "Content-Length": String(lengthOf(session, type)) }, stream);
  }
  const text = content?.whole ?? "";
  memory.hold(Buffer.byteLength(text));
  return new Response(type === "application/json" ? toBody(session, text) : text, { headers });
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

/** The JSON before the Markdown, which is a string between quotes, and after it. */
function frameOf({ project, ...session }: SessionDetail): { readonly head: string; readonly tail: string } {
  const summary = JSON.stringify(toSessionSummary(session)).slice(0, -1);
  return {
    head: `{"success":true,"data":{"session":${summary},"markdownContent":`,
    tail: `,"project":${JSON.stringify(project === undefined ? null : toProject(project))}}}}`,
  };
}

function toBody(session: SessionDetail, markdownContent: string): string {
  const { head, tail } = frameOf(session);
  return head + JSON.stringify(markdownContent) + tail;
}

/** Makes the same body as `toBody`, piece by piece. */
async function* toBodyPieces(session: SessionDetail, markdown: AsyncGenerator<string>): AsyncGenerator<string> {
  const { head, tail } = frameOf(session);
  yield `${head}"`;
  for await (const piece of markdown) yield JSON.stringify(piece).slice(1, -1);
  yield `"${tail}`;
}

/** Computes the length of the body in bytes. The stored size of the Markdown as a JSON string includes its quotes. */
function lengthOf(session: SessionDetail, type: MediaType): number {
  if (type === MARKDOWN_TYPE) return session.markdownSize;
  if (type === SESSION_DATA_TYPE) return session.sessionDataSize;
  const { head, tail } = frameOf(session);
  return Buffer.byteLength(head) + session.markdownJsonSize + Buffer.byteLength(tail);
}
