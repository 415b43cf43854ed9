import { z } from "zod";
import { success } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";
import { envelope } from "../../kits/rest/shapes.js";

/** SpecStory's clients may use everything that this server has: it sells nothing. */
const ENTITLEMENT = {
  plan: "pro",
  features: { resume: true, skills: false, knowledge_base: false, work_tracking: false, governance: false },
} as const;

export const billingRoutes = [
  defineRoute({
    method: "GET",
    path: "/billing/entitlement",
    summary: "Which features SpecStory's clients may use on this server",
    access: "key",
    answers: {
      200: {
        description: "The plan and its features",
        content: { "application/json": envelope(z.object({ plan: z.string(), features: z.record(z.string(), z.boolean()) })) },
      },
    },
    handle: () => success(ENTITLEMENT),
  }),
];
