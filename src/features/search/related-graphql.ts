import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { defineLoadersByArguments, defineRowsLoader } from "../../kits/graphql/loaders.js";
import { limitNumber } from "../../platform/paging.js";
import { SessionInterface } from "../sessions/graphql.js";
import type { SessionRow } from "../sessions/row.js";

const RelatedSessionType = builder.objectRef<SessionRow & { readonly similarity: number }>("RelatedSession").implement({
  description: "A session that resembles another.",
  interfaces: [SessionInterface],
  fields: (t) => ({
    similarity: t.exposeFloat("similarity", {
      nullable: false,
      description: "0 to 1: the share of typical words, tags and branches that both have.",
    }),
  }),
});

const relatedOf = defineLoadersByArguments((limit: number) =>
  defineRowsLoader(
    (context, keys) => context.services.related.relatedTo(caller(context), keys, limit),
    ({ relatedTo }) => relatedTo,
  ),
);

builder.interfaceField(SessionInterface, "relatedSessions", (t) =>
  t.field({
    type: [RelatedSessionType],
    description: "Sessions about the same things, in any project you can see, the most similar first.",
    args: { limit: t.arg.int({ defaultValue: 5, description: "At most this many, 1 to 200." }) },
    resolve: (session, args, context) => relatedOf(context, parseInput(limitNumber, args.limit ?? 5, ["limit"])).load(session.key),
  }),
);
