import type { z } from "zod";
import type { Scope } from "../../core/auth/scopes.js";
import type { Principal } from "../../core/auth/principal.js";
import { parseInputs } from "../../core/errors/parse-input.js";
import type { Operation } from "../../core/load/operations.js";
import type { RequestState } from "../../core/request/state.js";
import type { Services } from "../services.js";

/** The credential that a route needs: a key or access token, a token to exchange for access tokens, or a device code in its body. */
export type Access = "key" | "refresh" | "code";

/** The properties of a call that every handler gets. */
type CallFacts<A extends Access> = {
  readonly request: Request;
  readonly state: RequestState;
  readonly services: Services;
  readonly principal: A extends "code" ? null : Principal;
};

/** A call before the route has read its input. */
export type RawCall = CallFacts<Access> & {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parses the JSON body, within its limits. */
  readonly readBody: (textsInPieces: ReadonlySet<string> | undefined) => Promise<unknown>;
  /** Does the work as soon as the caller gets a slot. */
  readonly inSlot: <T>(work: (operation: Operation) => Promise<T>) => Promise<T>;
};

/** One answer of the OpenAPI document: its meaning, and the schema of its body for each media type. */
export type AnswerFacts = {
  readonly description: string;
  readonly content?: Readonly<Record<string, z.ZodType>>;
  readonly headers?: readonly string[];
};

type RouteFacts<A extends Access> = {
  readonly method: "GET" | "PUT" | "POST" | "PATCH" | "DELETE";
  /** The path below the API's base, with parameters as `{projectId}`. GET answers HEAD too. */
  readonly path: string;
  readonly summary: string;
  readonly access: A;
  /** The scopes without which no body is read. The service asks for them too. */
  readonly scopes?: readonly Scope[];
  /** The answers by their status. */
  readonly answers: Readonly<Record<number, AnswerFacts>>;
};

type InputSchemas = { readonly params?: z.ZodObject; readonly query?: z.ZodObject; readonly body?: z.ZodType };

/** What of a body is so long that it comes in pieces: the names of texts that may arrive as a LongText. */
type LongTexts = { readonly textsInPieces?: ReadonlySet<string> };

/** One route: its facts for the OpenAPI document, and its handler. */
export type RestRoute = RouteFacts<Access> & InputSchemas & LongTexts & { readonly answer: (call: RawCall) => Promise<Response> };

type Output<T> = T extends z.ZodType ? z.output<T> : undefined;

type RouteDefinition<A extends Access, P, Q, B> = RouteFacts<A> &
  LongTexts & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    readonly handle: (
      call: CallFacts<A> & {
        readonly operation: Operation;
        readonly params: Output<P>;
        readonly query: Output<Q>;
        readonly body: Output<B>;
      },
    ) => Promise<Response> | Response;
  };

/** Defines a route. The schemas that document its input also validate it, and every bad value of a request is named at once. */
export function defineRoute<
  A extends Access,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>({ handle, ...route }: RouteDefinition<A, P, Q, B>): RestRoute {
  const { params, query, body } = route;
  return {
    ...route,
    async answer({ readBody, inSlot, ...call }) {
      const parts = [
        { name: "params", schema: params, value: call.params },
        { name: "query", schema: query, value: call.query },
        { name: "body", schema: body, value: body === undefined ? undefined : await readBody(route.textsInPieces) },
      ].flatMap(({ schema, ...part }) => (schema === undefined ? [] : [{ ...part, schema }]));
      const parsed = parseInputs(parts);
      const input = Object.fromEntries(parts.map(({ name }, index) => [name, parsed[index]]));
      const unread = { params: undefined, query: undefined, body: undefined };
      return inSlot(async (operation) => {
        const principal = call.principal && { ...call.principal, deadline: operation.deadline };
        return handle({ ...call, operation, principal, ...unread, ...input } as Parameters<typeof handle>[0]); // as the schemas parsed them
      });
    },
  };
}
