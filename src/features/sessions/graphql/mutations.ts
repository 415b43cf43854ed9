import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { caller } from "../../../kits/graphql/context.js";
import { SessionInterface } from "./type.js";
import { deleteSessionInput, saveSessionInput } from "../input.js";
import { mapMetadata } from "../metadata.js";
import type { SessionRow } from "../row.js";
import type { SavedSession } from "../write-service.js";

const SessionMetadataInput = builder.inputType("SessionMetadataInput", {
  description: "What the client tells about the conversation.",
  fields: (t) =>
    mapMetadata(
      ({ inputDescription: description }) => t.string({ description }),
      ({ inputDescription: description }) => t.stringList({ description }),
    ),
});

const SaveSessionInput = builder.inputType("SaveSessionInput", {
  description: "A session to store.",
  fields: (t) => ({
    id: t.id({ description: "A UUID, unique among the owner's sessions; made for you if absent. A session that has it is replaced." }),
    projectId: t.id({ required: true, description: "The project; made if you can reach none with this id." }),
    projectName: t.string({ description: "The name of the project, if it is to be made; its id if absent." }),
    name: t.string({ required: true, description: "The name people see, 1 to 255 characters." }),
    markdown: t.string({ required: true, description: "The conversation as Markdown. Kept byte for byte." }),
    rawData: t.string({ description: "The agent's raw data; none if absent." }),
    sessionData: t.string({ description: "Data to resume the conversation from. If absent or empty, what is stored stays." }),
    metadata: t.field({ type: SessionMetadataInput, description: "What the client tells about it." }),
    startedAt: t.field({ type: "DateTime", description: "When it began; taken from the Markdown's turns if absent." }),
    endedAt: t.field({ type: "DateTime", description: "When it ended; taken from the Markdown's turns if absent." }),
    expectedEtag: t.string({ description: "Stores only if the session is still at this etag, else CONFLICT." }),
  }),
});

const DeleteSessionInput = builder.inputType("DeleteSessionInput", {
  description: "The session to delete.",
  fields: (t) => ({
    id: t.id({ required: true, description: "The session." }),
    projectId: t.id({ description: "Looks in this project only." }),
  }),
});

const SaveSessionPayload = builder.objectRef<SavedSession>("SaveSessionPayload").implement({
  description: "The session as it is stored.",
  fields: (t) => ({
    session: t.field({ type: SessionInterface, description: "The session.", resolve: ({ session }) => session }),
    created: t.exposeBoolean("created", { nullable: false, description: "True if it is new, false if it replaced one." }),
  }),
});

const DeleteSessionPayload = builder.objectRef<SessionRow>("DeleteSessionPayload").implement({
  description: "The session that is gone.",
  fields: (t) => ({ id: t.expose("id", { type: "UUID", nullable: false, description: "Its id." }) }),
});

builder.mutationFields((t) => ({
  saveSession: t.field({
    type: SaveSessionPayload,
    description: "Stores a session: creates it, or replaces the one with its id. Needs sessions:write.",
    args: { input: t.arg({ type: SaveSessionInput, required: true, description: "What to store." }) },
    resolve: (_root, args, context) =>
      context.services.sessionWrites.save(caller(context), parseInput(saveSessionInput, args.input, ["input"])),
  }),
  deleteSession: t.field({
    type: DeleteSessionPayload,
    description: "Deletes a session. Needs sessions:write.",
    args: { input: t.arg({ type: DeleteSessionInput, required: true, description: "What to delete." }) },
    resolve: (_root, args, context) =>
      context.services.sessionWrites.remove(caller(context), parseInput(deleteSessionInput, args.input, ["input"])),
  }),
}));
