import { z } from "zod";
import { badInput } from "../../core/errors/bad-input.js";
import { storableText } from "../../platform/text.js";
import { projectIdText } from "../projects/input.js";
import { json, success } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";
import { done, envelope, isoTime } from "../../kits/rest/shapes.js";
import { putSessionBody, sessionIdText } from "./input.js";
import { MARKDOWN_TYPE, readSession, SESSION_DATA_TYPE, SIZE_HEADERS } from "./rest-read.js";
import { sessionShape } from "./rest-shapes.js";
import { toEtag } from "./etag.js";

const path = "/projects/{projectId}/sessions/{sessionId}";
const params = z.object({ projectId: projectIdText, sessionId: storableText });
const saved = envelope(z.object({ sessionId: z.guid(), projectId: z.string(), createdAt: isoTime }));

export const sessionRoutes = [
  defineRoute({
    method: "GET",
    path,
    summary: "One session: as JSON, as its Markdown, or as the data to resume it from. HEAD tells the sizes",
    access: "key",
    params,
    answers: {
      200: {
        description: "The session, by Accept",
        content: {
          "application/json": envelope(z.object({ session: sessionShape })),
          [MARKDOWN_TYPE]: z.string(),
          [SESSION_DATA_TYPE]: z.unknown(),
        },
        headers: ["ETag", "Last-Modified", ...SIZE_HEADERS],
      },
      304: { description: "The session is still at a version of If-None-Match", headers: ["ETag"] },
    },
    handle: ({ request, state, operation, params: { projectId, sessionId }, principal, services }) =>
      readSession({
        request,
        content: state.content,
        stream: { log: state.log, operation },
        find: (content) => services.sessions.detail(principal, { id: sessionId, projectId }, content),
      }),
  }),
  defineRoute({
    method: "PUT",
    path,
    summary: "Store a session: create it, with its project if need be, or replace the one with its id. Takes gzip",
    access: "key",
    scopes: ["sessions:write"],
    params: z.object({ projectId: projectIdText, sessionId: sessionIdText }),
    textsInPieces: new Set(["markdown", "rawData", "sessionData"]),
    body: putSessionBody,
    answers: {
      200: { description: "The session was replaced", content: { "application/json": saved }, headers: ["ETag"] },
      201: { description: "The session was created", content: { "application/json": saved }, headers: ["ETag"] },
    },
    async handle({ params: { projectId, sessionId }, body, principal, services }) {
      if (body.projectId != null && body.projectId !== projectId) throw otherProject();
      const { session, created } = await services.sessionWrites.save(principal, { ...body, projectId, id: sessionId });
      const { id, createdAt, etag } = session;
      const status = created ? 201 : 200;
      return success({ sessionId: id, projectId, createdAt: createdAt.toISOString() }, { status, headers: { ETag: toEtag(etag) } });
    },
  }),
  defineRoute({
    method: "DELETE",
    path,
    summary: "Delete a session",
    access: "key",
    params,
    answers: { 200: { description: "It is gone", content: { "application/json": done } } },
    async handle({ params: { projectId, sessionId }, principal, services }) {
      await services.sessionWrites.remove(principal, { id: sessionId, projectId });
      return json({ success: true });
    },
  }),
];

function otherProject() {
  const message = "projectId: must be the one in the path, or absent";
  return badInput([{ path: ["projectId"], reason: "INVALID_PARAMETER", message }], 422);
}
