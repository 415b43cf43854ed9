import { z } from "zod";
import { emailText } from "../../platform/text.js";

export const createUserInput = z.object({ email: emailText });
