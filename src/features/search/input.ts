import { z } from "zod";
import { limitNumber } from "../../platform/paging.js";
import { storableText } from "../../platform/text.js";
import { sessionFilters } from "../sessions/filters.js";

export const queryText = storableText.max(1_000, "must have at most 1000 characters");

export const searchInput = z.object({
  query: queryText.refine((text) => text.trim() !== "", "must not be blank"),
  filters: sessionFilters,
  limit: limitNumber.nullish().transform((limit) => limit ?? 10),
});

export type SearchInput = z.output<typeof searchInput>;
