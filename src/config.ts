import { z } from "zod";
import { isProxyList } from "./core/request/client-address.js";
import { FAILURE_RULES } from "./core/limits/fallback-store.js";
import { parsePolicy, type Policy } from "./core/limits/policy.js";
import { LOG_LEVELS } from "./platform/logger.js";

const policy = z.string().transform((text, context): Policy => {
  const parsed = parsePolicy(text);
  if (parsed !== null) return parsed;
  context.addIssue('must be limits like "500/1h" or "1000/1h,60/1m"');
  return z.NEVER;
});

const fieldPolicies = z.string().transform((text, context): ReadonlyMap<string, Policy> => {
  const limits = new Map<string, Policy>();
  let field = "";
  for (const part of text.split(",").filter((piece) => piece.trim() !== "")) {
    const [left = "", right] = part.split("=").map((piece) => piece.trim());
    if (right !== undefined) field = left;
    const windows = parsePolicy(right ?? left);
    if (!/^\w+\.\w+$/.test(field) || windows === null) {
      context.addIssue('must be limits like "Query.searchSessions=120/1m,Query.analytics=60/1m"');
      return z.NEVER;
    }
    limits.set(field, [...(limits.get(field) ?? []), ...windows]);
  }
  return limits;
});

const integer = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  z.coerce
    .number("must be a whole number")
    .int("must be a whole number")
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/.+/, "must begin with postgres://");

const redisUrl = z.string().regex(/^rediss?:\/\/.+/, "must begin with redis:// or rediss://");

const trustedProxies = z.string().transform((text, context) => {
  const listed = text.split(",").map((piece) => piece.trim());
  const proxies = listed.filter((piece) => piece !== "");
  if (isProxyList(proxies)) return proxies;
  context.addIssue('must be addresses, ranges or names like "10.0.0.0/8,loopback"');
  return z.NEVER;
});

const origin = z.string().transform((text, context) => {
  // Nothing but a slash may follow the host.
  if (/^https?:\/\/[^/?#@\\\s]{1,300}\/?$/i.test(text) && URL.canParse(text)) return new URL(text).origin;
  context.addIssue("must be an address without a path, like https://backstory.example");
  return z.NEVER;
});

/** Earlier versions took shorter keys. Only their hashes are stored, so that nobody but the setting tells that a key is one of them. */
const SHORT_KEY =
  "must have at least 32 characters; a shorter first key of an earlier version works on without this setting, until you make another (backstory key create) and revoke it (backstory key list, backstory key revoke)";

type Setting<T extends z.ZodType = z.ZodType> = { readonly schema: T; readonly fallback?: string; readonly about: string };
const setting = <T extends z.ZodType>(schema: T, fallback: string | undefined, about: string): Setting<T> => ({ schema, fallback, about });

/** Every setting: its schema, its default as one would write it, and its description in the table of docs/operations.md. */
export const settings = {
  PORT: setting(integer(0, 65_535), "4000", "Port to listen on; 0 takes a free one"),
  HOST: setting(z.string().min(1), "127.0.0.1", "Address to listen on; `0.0.0.0` opens it to the network"),
  PUBLIC_URL: setting(
    origin.optional(),
    undefined,
    "Where clients reach the server, like `https://backstory.example`; it begins every link. Not set, links begin as the request came",
  ),
  DATA_DIR: setting(z.string().min(1), "./data", "Folder of the embedded database"),
  DISK_WARN_BYTES: setting(
    integer(0).optional(),
    undefined,
    "Free bytes on the disk of DATA_DIR under which the log warns and `/readyz` names `disk`; not set, it is 1,000,000,000 or a tenth of the disk, whichever is less. PostgreSQL's disk is not watched",
  ),
  DATABASE_URL: setting(postgresUrl.optional(), undefined, "`postgres://...` uses PostgreSQL instead of the embedded database"),
  REDIS_URL: setting(redisUrl.optional(), undefined, "`redis://...` shares the rate limits among several processes"),
  DATABASE_TIMEOUT_MS: setting(integer(100, 600_000), "15000", "Deadline of one database statement or transaction, in milliseconds"),
  DATABASE_POOL_SIZE: setting(integer(2, 1_000), "10", "Most connections of one process to PostgreSQL"),
  BOOTSTRAP_API_KEY: setting(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, "must be at most 200 visible ASCII characters")
      .min(32, SHORT_KEY)
      .optional(),
    undefined,
    "Text of the first API key of a new database, 32 to 200 characters, instead of a random one",
  ),
  RATE_LIMIT_GRAPHQL: setting(policy, "500/1h", "Operations per API key; several windows are separated by commas"),
  RATE_LIMIT_REST: setting(policy, "1000/1h", "REST requests per API key, apart from its operations"),
  RATE_LIMIT_FIELDS: setting(
    fieldPolicies,
    "",
    "Overrides the limits of single fields: `Query.searchSessions=120/1m,Query.analytics=60/1m`",
  ),
  RATE_LIMIT_AUTH_FAILURES: setting(policy, "60/1m", "Failed authentications per client address"),
  RATE_LIMIT_FAIL: setting(
    z.enum(FAILURE_RULES),
    "local",
    "While Redis cannot be reached: `local` limits each process by itself, `open` lets all pass, `closed` answers 503",
  ),
  CONCEAL_FORBIDDEN: setting(
    z.enum(["true", "false"]).transform((text) => text === "true"),
    "false",
    "Answer NOT_FOUND where a foreign id would be FORBIDDEN",
  ),
  REST_ERRORS: setting(
    z.enum(["structured", "plain"]),
    "structured",
    "`plain` puts the message of a REST error where SpecStory's command line shows it from",
  ),
  INTROSPECTION: setting(
    z.enum(["on", "off"]).transform((text) => text === "on"),
    "on",
    '`off` rejects introspection and drops the "did you mean" hints',
  ),
  MAX_KEYS_PER_USER: setting(integer(1), "100", "API keys of one user that work at the same time"),
  MAX_DEVICES_PER_KEY: setting(integer(0), "20", "Signed-in devices of one API key that work at the same time"),
  QUOTA_STORAGE_BYTES: setting(integer(1).optional(), undefined, "Bytes of content that one user may own; not set means no quota"),
  AUDIT_RETENTION_DAYS: setting(integer(0, 36_500), "365", "Days for which entries of the audit log are kept; 0 keeps them for ever"),
  MAX_BODY_BYTES: setting(
    integer(1_000, 500_000_000),
    "20000000",
    "Largest GraphQL request body, in bytes; without a key it has 100,000 at most",
  ),
  MAX_UPLOAD_BYTES: setting(integer(1_000, 500_000_000), "50000000", "Largest REST request body as it is sent, in bytes"),
  MAX_UNZIPPED_BYTES: setting(integer(1_000, 500_000_000), "100000000", "Largest REST request body once it is unzipped, in bytes"),
  MAX_DEPTH: setting(integer(1, 1_000), "15", "Deepest nesting of a GraphQL operation"),
  MAX_ALIASES: setting(integer(0, 100_000), "100", "Most aliases in a GraphQL operation"),
  MAX_ROOT_FIELDS: setting(integer(1, 100_000), "50", "Most root fields in a GraphQL operation"),
  MAX_TOKENS: setting(integer(10, 1_000_000), "5000", "Most tokens in a GraphQL document"),
  MAX_COMPLEXITY: setting(integer(1), "100000", "Highest cost of a GraphQL operation: one per field, times the length of its lists"),
  MAX_BATCH: setting(integer(1, 1_000), "10", "Most operations in one GraphQL request"),
  MAX_OPERATIONS: setting(
    integer(1, 10_000),
    "20",
    "Operations and REST requests that one process works on at the same time; twice DATABASE_POOL_SIZE is a good measure",
  ),
  MAX_QUEUE_MS: setting(
    integer(1, 600_000),
    "2000",
    "Longest wait for one of the MAX_OPERATIONS slots, in milliseconds; a request that would wait over half of it gets 503 at once",
  ),
  OPERATION_TIMEOUT_MS: setting(
    integer(100, 3_600_000),
    "30000",
    "Deadline of one operation or REST request once it has arrived, in milliseconds",
  ),
  REQUEST_TIMEOUT_MS: setting(integer(100, 86_400_000), "300000", "Longest time that a request may take to arrive, in milliseconds"),
  MAX_ANSWER_BYTES: setting(
    integer(1_000, 500_000_000),
    "50000000",
    "Most bytes of content in one GraphQL answer; a field beyond them is null with an error, and REST streams instead",
  ),
  MAX_CONTENT_MEMORY_BYTES: setting(
    integer(4_000),
    "500000000",
    "Bytes of request bodies and of content in answers that one process keeps in memory at once: a quarter for one key, a tenth for all callers without one; over it the answer is 503",
  ),
  MAX_CONNECTIONS: setting(
    integer(1, 1_000_000),
    "10000",
    "Most connections of clients to one process, or half of the open files that the system allows it if that is less; one address has a twentieth at most, but for TRUSTED_PROXIES",
  ),
  TRUSTED_PROXIES: setting(
    trustedProxies,
    "",
    "Proxies whose `X-Forwarded-*` headers are believed: addresses, ranges like `10.0.0.0/8`, `loopback`, `uniquelocal`, separated by commas",
  ),
  DRAIN_DELAY_MS: setting(
    integer(0, 600_000),
    "1000",
    "How long after SIGTERM requests are still accepted while `/readyz` says 503, in milliseconds",
  ),
  DRAIN_TIMEOUT_MS: setting(integer(0, 3_600_000), "30000", "How long accepted requests may take to end after that, in milliseconds"),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting(
    z.url("must be an address like http://localhost:4318").optional(),
    undefined,
    "Where traces are sent by OTLP; OpenTelemetry's other variables hold too",
  ),
  LOG_LEVEL: setting(z.enum(LOG_LEVELS), "info", "`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`"),
} as const;

type Settings = typeof settings;
type Values = { readonly [Name in keyof Settings]: z.output<Settings[Name]["schema"]> };
export type Config = ReturnType<typeof toConfig>;

/** Lists every setting that cannot be used, with the reason. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly mistakes: readonly string[]) {
    super(`Wrong settings:\n${mistakes.map((mistake) => `  ${mistake}`).join("\n")}`);
  }
}

/**
 * Reads the settings from the environment and fills in the defaults. An empty value counts as not set.
 * @throws ConfigError naming every mistake at once
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { schema, fallback }] of Object.entries<Setting>(settings)) {
    const given = env[name];
    const parsed = schema.safeParse(given === undefined || given === "" ? fallback : given);
    if (parsed.success) values[name] = parsed.data;
    else mistakes.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join("; ")}`);
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return toConfig(values as Values); // each value was parsed by the schema of its name
}

function toConfig(values: Values) {
  return {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL,
    dataDir: values.DATA_DIR,
    diskWarnBytes: values.DISK_WARN_BYTES,
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    databaseTimeoutMs: values.DATABASE_TIMEOUT_MS,
    databasePoolSize: values.DATABASE_POOL_SIZE,
    bootstrapApiKey: values.BOOTSTRAP_API_KEY,
    rateLimits: {
      graphql: values.RATE_LIMIT_GRAPHQL,
      rest: values.RATE_LIMIT_REST,
      fields: values.RATE_LIMIT_FIELDS,
      authFailures: values.RATE_LIMIT_AUTH_FAILURES,
    },
    rateLimitFail: values.RATE_LIMIT_FAIL,
    concealForbidden: values.CONCEAL_FORBIDDEN,
    introspection: values.INTROSPECTION,
    restErrors: values.REST_ERRORS,
    uploads: {
      sent: { bytes: values.MAX_UPLOAD_BYTES, setting: "MAX_UPLOAD_BYTES" },
      unzipped: { bytes: values.MAX_UNZIPPED_BYTES, setting: "MAX_UNZIPPED_BYTES" },
    },
    credentials: {
      keysPerUser: { most: values.MAX_KEYS_PER_USER, setting: "MAX_KEYS_PER_USER" },
      devicesPerKey: { most: values.MAX_DEVICES_PER_KEY, setting: "MAX_DEVICES_PER_KEY" },
    },
    quotaStorageBytes: values.QUOTA_STORAGE_BYTES,
    auditRetentionDays: values.AUDIT_RETENTION_DAYS,
    abuse: {
      bodyBytes: values.MAX_BODY_BYTES,
      depth: values.MAX_DEPTH,
      aliases: values.MAX_ALIASES,
      rootFields: values.MAX_ROOT_FIELDS,
      tokens: values.MAX_TOKENS,
      complexity: values.MAX_COMPLEXITY,
      batch: values.MAX_BATCH,
    },
    operations: {
      running: values.MAX_OPERATIONS,
      queueMs: values.MAX_QUEUE_MS,
      timeoutMs: values.OPERATION_TIMEOUT_MS,
    },
    content: { memoryBytes: values.MAX_CONTENT_MEMORY_BYTES, answerBytes: values.MAX_ANSWER_BYTES },
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    maxConnections: values.MAX_CONNECTIONS,
    trustedProxies: values.TRUSTED_PROXIES,
    drain: { delayMs: values.DRAIN_DELAY_MS, timeoutMs: values.DRAIN_TIMEOUT_MS },
    tracesEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    logLevel: values.LOG_LEVEL,
  };
}
