import { z } from "zod";
import { pageInput } from "../../platform/paging.js";

// In lower case, since the lock of a user's credentials is taken by the text of the id.
const userId = z.guid("must be a UUID").transform((text) => text.toLowerCase());

export const usersInput = pageInput(100);
export const userIdInput = z.object({ id: userId });
export const deleteUserInput = z.object({ id: userId, confirm: z.boolean("must be true or false") });
