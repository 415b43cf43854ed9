import { z } from "zod";

/** The most items of any list in one answer. */
export const MOST_ITEMS = 200;

export const limitNumber = z
  .number("must be a whole number")
  .int("must be a whole number")
  .min(1, `must be between 1 and ${MOST_ITEMS}`)
  .max(MOST_ITEMS, `must be between 1 and ${MOST_ITEMS}`);

const offsetNumber = z.number("must be a whole number").int("must be a whole number").min(0, "must not be negative");

/** `limit` and `offset` of a plain list; what is null or absent takes the default. */
export function pageInput(fallbackLimit: number) {
  return z.object({
    limit: limitNumber.nullish().transform((limit) => limit ?? fallbackLimit),
    offset: offsetNumber.nullish().transform((offset) => offset ?? 0),
  });
}

/** Which part of an ordered list is wanted: what lies between two places in it, from its end backwards if inverted. */
export type PageBounds<Place> = { readonly after?: Place; readonly before?: Place; readonly inverted: boolean };

export type Page = { readonly limit: number; readonly offset: number };

/** A list in pages of `size` rows, each read when it is asked for and found by the last row before it, until one is not full. */
export async function* pagesOf<Row>(size: number, read: (last?: Row) => Promise<Row[]>): AsyncGenerator<Row[]> {
  let page = await read();
  while (page.length > 0) {
    yield page;
    page = page.length < size ? [] : await read(page.at(-1));
  }
}
