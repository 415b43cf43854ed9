import { z } from "zod";
import { parseInput } from "../../../core/errors/parse-input.js";
import { builder } from "../../../kits/graphql/builder.js";
import { caller } from "../../../kits/graphql/context.js";
import { selectionAt, selectionOf } from "../../../kits/graphql/selection.js";
import { pageInput } from "../../../platform/paging.js";
import { storableText } from "../../../platform/text.js";
import { sessionFilters } from "../filters.js";
import { NODES, readPage, SessionConnection, toCursorColumns, toSessionConnection } from "./connection.js";
import { listArguments } from "./filters-input.js";
import { lookAheadAtSessions, STORED_SESSION } from "./look-ahead.js";
import { SessionInterface } from "./type.js";

const USUAL_LIST = 100;

// Zod compiles a schema when it is first used, so schemas are made once and not for each request.
const listInput = pageInput(USUAL_LIST).extend({ filters: sessionFilters });
const idInput = z.object({ id: storableText, projectId: storableText.nullish() });

builder.queryFields((t) => ({
  sessions: t.field({
    type: [SessionInterface],
    description: "The sessions of all projects you can see. Needs sessions:read.",
    args: {
      ...listArguments,
      limit: t.arg.int({ defaultValue: USUAL_LIST, description: "At most this many, 1 to 200." }),
      offset: t.arg.int({ defaultValue: 0, description: "Skips this many; for long lists sessionsConnection is faster." }),
    },
    resolve: (_root, { filters, orderBy, ...page }, context, info) => {
      const principal = caller(context);
      const input = parseInput(listInput, { ...page, filters });
      const selection = lookAheadAtSessions(selectionOf(info, STORED_SESSION), info, { principal });
      const options = { filters: input.filters, orderBy: orderBy ?? "CREATED_AT_DESC", selection };
      return context.services.sessions.list(principal, options, input);
    },
  }),
  sessionsConnection: t.connection(
    {
      type: SessionInterface,
      description: "The same as a Relay connection: pages that stay stable while sessions are stored and deleted.",
      args: listArguments,
      resolve: (_root, args, context, info) => {
        const principal = caller(context);
        const page = readPage(args);
        const columns = toCursorColumns(page.orderBy);
        const selection = lookAheadAtSessions(selectionAt(info, NODES, STORED_SESSION), info, { principal, columns });
        return toSessionConnection(page, (options, limit) => context.services.sessions.page(principal, { ...options, selection }, limit));
      },
    },
    SessionConnection,
  ),
  session: t.field({
    type: SessionInterface,
    description: "One session. The id means your own session first, then one in a project that is shared with you.",
    args: {
      id: t.arg.id({ required: true, description: "The id of the session." }),
      projectId: t.arg.id({ description: "Looks in this project only." }),
    },
    resolve: (_root, args, context, info) => {
      const principal = caller(context);
      const { id, projectId } = parseInput(idInput, args);
      const fields = selectionOf(info, STORED_SESSION);
      const selection = lookAheadAtSessions(fields, info, { principal });
      const found = { selection, withMarkdown: fields.has("markdownContent") };
      return context.services.sessions.get(principal, { id, projectId: projectId ?? undefined }, found);
    },
  }),
}));
