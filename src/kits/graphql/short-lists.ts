import { builder } from "./builder.js";

/** The arguments of a list that is short as a rule. Without them it is whole, unless it is longer than a list may be. */
export const shortListArguments = builder.args((t) => ({
  limit: t.int({ description: "At most this many, 1 to 200; 200 if absent." }),
  offset: t.int({ description: "Skips this many; none if absent." }),
}));
