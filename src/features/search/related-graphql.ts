import { parseInput } from "../../core/errors/parse-input.js";
import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import { defineLoader, defineLoadersByArguments } from "../../kits/graphql/loaders.js";
import { limitNumber } from "../../platform/paging.js";
import { SessionInterface } from "../sessions/graphql.js";
import type { RelatedSession } from "./related-service.js";

const RelatedSessionType = builder.objectRef<RelatedSession>("RelatedSession").implement({
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
  defineLoader<RelatedSession[]>(async (context, keys) => {
    const { of, rejection } = await context.services.related.relatedTo(caller(context), keys, limit);
    return (key) => of.get(key) ?? rejection ?? [];
  }),
);

builder.interfaceField(SessionInterface, "relatedSessions", (t) =>
  t.field({
    type: [RelatedSessionType],
    description:
      "Sessions about the same things, in any project you can see, the most similar first. In a list, each session whose related ones are looked up takes one search from the limit of searchSessions.",
    args: { limit: t.arg.int({ defaultValue: 5, description: "At most this many, 1 to 200." }) },
    resolve: (session, args, context) => relatedOf(context, parseInput(limitNumber, args.limit ?? 5, ["limit"])).load(session.key),
  }),
);
