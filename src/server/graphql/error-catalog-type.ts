import { builder } from "../../kits/graphql/builder.js";
import { catalogue, errorCodes, errorReasons, type ErrorCode, type ErrorReason } from "../../core/errors/catalogue.js";

const describe = (reasons: readonly ErrorReason[]) => reasons.map((reason) => catalogue[reason].description).join(" Or: ");

// Object.fromEntries loses the keys' types; they are exactly the ones of the two lists.
const ErrorCodeEnum = builder.enumType("ErrorCode", {
  description: "The class of a failure, in `extensions.code` of every error. Switch on this.",
  values: Object.fromEntries(
    errorCodes.map((code) => [code, { description: describe(errorReasons.filter((reason) => catalogue[reason].code === code)) }]),
  ) as Record<ErrorCode, { description: string }>,
});

const ErrorReasonEnum = builder.enumType("ErrorReason", {
  description: "The precise cause of a failure, in `extensions.reason` of every error.",
  values: Object.fromEntries(errorReasons.map((reason) => [reason, { description: describe([reason]) }])) as Record<
    ErrorReason,
    { description: string }
  >,
});

const ErrorCatalogEntry = builder.objectRef<ErrorReason>("ErrorCatalogEntry").implement({
  description: "One kind of failure: what it means, how it looks over HTTP, and what to do about it.",
  fields: (t) => ({
    code: t.field({
      type: ErrorCodeEnum,
      nullable: false,
      description: "The class of the failure.",
      resolve: (reason) => catalogue[reason].code,
    }),
    reason: t.field({ type: ErrorReasonEnum, nullable: false, description: "The precise cause.", resolve: (reason) => reason }),
    httpStatus: t.int({
      nullable: false,
      description: "Status of the answer where the request as a whole is refused.",
      resolve: (reason) => catalogue[reason].httpStatus,
    }),
    retryable: t.boolean({
      nullable: false,
      description: "Whether the unchanged request may succeed later.",
      resolve: (reason) => catalogue[reason].retryable,
    }),
    description: t.string({ nullable: false, description: "When this happens.", resolve: (reason) => catalogue[reason].description }),
    solution: t.string({ nullable: false, description: "What to do about it.", resolve: (reason) => catalogue[reason].solution }),
  }),
});

builder.queryField("errorCatalog", (t) =>
  t.field({
    type: [ErrorCatalogEntry],
    description: "Every failure the server can answer with. Needs no API key.",
    extensions: { public: true },
    resolve: () => errorReasons,
  }),
);
