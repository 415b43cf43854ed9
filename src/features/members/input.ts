import { z } from "zod";
import { pageInput } from "../../platform/paging.js";
import { emailText, storableText } from "../../platform/text.js";
import { projectIdText } from "../projects/input.js";

export const addMemberInput = z.object({ projectId: projectIdText, email: emailText, role: z.enum(["VIEWER", "EDITOR"]) });
export const removeMemberInput = z.object({ projectId: projectIdText, email: emailText });
export const leaveProjectInput = z.object({ projectId: projectIdText, ownerId: storableText });

export const invitationIdInput = z.object({ id: storableText });
export const invitationsInput = pageInput(100);
