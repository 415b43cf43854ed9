import { z } from "zod";
import { parseInput } from "../errors/parse-input.js";
import { limitNumber } from "../platform/paging.js";

const USUAL_PAGE = 20;

const connectionInput = z
  .object({ first: limitNumber.nullish(), last: limitNumber.nullish(), after: z.string().nullish(), before: z.string().nullish() })
  .refine(({ first, last }) => first == null || last == null, { message: "must not be given together with first", path: ["last"] });

type ConnectionArguments = { first?: number | null; last?: number | null; after?: string | null; before?: string | null };

type Source<Row, Cursor> = {
  readonly decode: (cursor: string, argument: "after" | "before") => Cursor;
  readonly encode: (row: Row) => string;
  /** Up to `limit` rows between the cursors, from the end backwards if inverted. */
  readonly load: (bounds: { after?: Cursor; before?: Cursor; inverted: boolean }, limit: number) => Promise<Row[]>;
};

/** A page of a list as a Relay connection (GraphQL Cursor Connections Specification), by one query that reads one row more than asked. */
export async function toConnection<Row, Cursor>(args: ConnectionArguments, { decode, encode, load }: Source<Row, Cursor>) {
  const { first, last, after, before } = parseInput(connectionInput, args);
  const inverted = last != null;
  const size = first ?? last ?? USUAL_PAGE;
  const bounds = {
    after: after == null ? undefined : decode(after, "after"),
    before: before == null ? undefined : decode(before, "before"),
    inverted,
  };
  const found = await load(bounds, size + 1);
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
