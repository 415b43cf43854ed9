import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { remaining, tightest, type WindowState } from "../../core/limits/limiter.js";

const RateLimit = builder.objectRef<WindowState & { readonly cost: number }>("RateLimit").implement({
  description: "The budget of GraphQL operations of your API key. With several windows it is the one with the least left.",
  fields: (t) => ({
    limit: t.exposeInt("limit", { nullable: false, description: "Operations in a window." }),
    remaining: t.int({ nullable: false, description: "Operations left, this one counted.", resolve: remaining }),
    used: t.exposeInt("used", { nullable: false, description: "Operations used, this one counted." }),
    resetAt: t.field({
      type: "DateTime",
      nullable: false,
      description: "When the window ends and the budget is whole again.",
      resolve: ({ resetAtMs }) => new Date(resetAtMs),
    }),
    cost: t.exposeInt("cost", { nullable: false, description: "What this operation cost: one, like any." }),
  }),
});

builder.queryField("rateLimit", (t) =>
  t.field({
    type: RateLimit,
    description: "What is left of your budget. Asking costs what any operation costs.",
    resolve: (_root, _args, context) => {
      caller(context);
      const window = tightest(context.state.decision?.windows ?? []);
      return window === undefined ? null : { ...window, cost: 1 };
    },
  }),
);
