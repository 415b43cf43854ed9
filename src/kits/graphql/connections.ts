import { z } from "zod";
import { limitNumber, type PageBounds } from "../../platform/paging.js";
import { cursorText } from "../../platform/cursor.js";

const USUAL_PAGE = 20;

/** Validates the arguments of a connection whose cursors have these parts. */
export function pageArguments<Cursor extends z.ZodType>(cursor: Cursor) {
  const position = cursorText(cursor).nullish();
  return z
    .object({ first: limitNumber.nullish(), last: limitNumber.nullish(), after: position, before: position })
    .refine(({ first, last }) => first == null || last == null, {
      message: "must not be given together with first",
      path: ["last"],
      when: () => true,
    });
}

type PageArguments<Position> = {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: Position | null;
  readonly before?: Position | null;
};

type Source<Row, Position> = {
  readonly encode: (row: Row) => string;
  /** Loads up to `limit` rows within the bounds. */
  readonly load: (bounds: PageBounds<Position>, limit: number) => Promise<readonly Row[]>;
};

/**
 * Makes a page of a list a Relay connection (GraphQL Cursor Connections Specification). It reads one row more than asked,
 * to see whether there is a next page.
 */
export async function toConnection<Row, Position>(
  { first, last, after, before }: PageArguments<Position>,
  { encode, load }: Source<Row, Position>,
) {
  const inverted = last != null;
  const size = first ?? last ?? USUAL_PAGE;
  const found = await load({ after: after ?? undefined, before: before ?? undefined, inverted }, size + 1);
  const hasMore = found.length > size;
  const rows = found.slice(0, size);
  if (inverted) rows.reverse();
  const edges = rows.map((node) => ({ cursor: encode(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: inverted ? before != null : hasMore,
      hasPreviousPage: inverted ? hasMore : after != null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const description = (text: string) => ({ description: text });

/** Descriptions of the parts that the Relay plugin adds to the schema. */
export const connectionDescriptions = {
  pageInfoTypeOptions: description("Where a page lies in its list."),
  hasNextPageFieldOptions: description("Whether there is more after this page."),
  hasPreviousPageFieldOptions: description("Whether there is more before this page."),
  startCursorFieldOptions: description("The place of the first item; null on an empty page."),
  endCursorFieldOptions: description("The place of the last item; null on an empty page."),
  pageInfoFieldOptions: description("Where the page lies in the list."),
  edgesFieldOptions: description("The items of the page with their places in the list."),
  cursorFieldOptions: description("The place of the item in the list, for `after` and `before`."),
  nodeFieldOptions: description("The item."),
  firstArgOptions: description("The first so many, 1 to 200; 20 if neither `first` nor `last` is given."),
  lastArgOptions: description("The last so many, 1 to 200. Not together with `first`."),
  afterArgOptions: description("Only what comes after this cursor."),
  beforeArgOptions: description("Only what comes before this cursor."),
} as const;
