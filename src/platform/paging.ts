import { z } from "zod";

/** The most items of a list in one answer. */
export const MOST_ITEMS = 200;

export const limitNumber = z
  .number("must be a whole number")
  .int("must be a whole number")
  .min(1, `must be between 1 and ${MOST_ITEMS}`)
  .max(MOST_ITEMS, `must be between 1 and ${MOST_ITEMS}`);

const offsetNumber = z.number("must be a whole number").int("must be a whole number").min(0, "must not be negative");

/** Validates the `limit` and `offset` of a plain list. Null or absent, they have their defaults. */
export function pageInput(fallbackLimit: number) {
  return z.object({
    limit: limitNumber.nullish().transform((limit) => limit ?? fallbackLimit),
    offset: offsetNumber.nullish().transform((offset) => offset ?? 0),
  });
}

/** Selects the part of an ordered list between two positions. If inverted, it is read from its end backwards. */
export type PageBounds<Position> = { readonly after?: Position; readonly before?: Position; readonly inverted: boolean };

/** Validates the page of a list that is short as a rule, and whole without arguments: it has 200 items at most then. */
export const shortListInput = pageInput(MOST_ITEMS);

export type Page = { readonly limit: number; readonly offset: number };

/**
 * Reads a list in pages of `size` rows, each on demand: `read` is given the last row of the page before. A page that is not
 * full is the last.
 */
export async function* pagesOf<Row>(size: number, read: (last?: Row) => Promise<Row[]>): AsyncGenerator<Row[]> {
  let page = await read();
  while (page.length > 0) {
    yield page;
    page = page.length < size ? [] : await read(page.at(-1));
  }
}
