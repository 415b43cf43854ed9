import { expect, test } from "@jest/globals";
import { ConfigError, readConfig, settings } from "../../src/config.js";

/** Everything that is wrong with the settings, one line each. */
function mistakesOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

test("Without settings the server listens on localhost:4000, keeps its data in ./data, and has the documented limits.", () => {
  expect(readConfig({})).toMatchObject({
    port: 4000,
    host: "127.0.0.1",
    dataDir: "./data",
    databaseUrl: undefined,
    bootstrapApiKey: undefined,
    concealForbidden: false,
    introspection: true,
    quotaStorageBytes: undefined,
    logLevel: "info",
    rateLimits: { graphql: [{ limit: 500, windowMs: HOUR_MS }], authFailures: [{ limit: 60, windowMs: MINUTE_MS }] },
  });
});

test("An empty setting counts as not set, and a name that is no setting is left alone.", () => {
  const empty = Object.fromEntries(Object.keys(settings).map((name) => [name, ""]));

  expect(readConfig({ ...empty, HOME: "/home/someone", PATH: "" })).toEqual(readConfig({}));
});

test("Every mistake is named at once, in one error, with its setting and what is expected.", () => {
  const wrong = { PORT: "70000", DATABASE_URL: "mysql://localhost", INTROSPECTION: "yes", MAX_DEPTH: "0", LOG_LEVEL: "loud" };

  expect(mistakesOf(wrong).map((mistake) => mistake.split(":")[0])).toEqual(
    expect.arrayContaining(["PORT", "DATABASE_URL", "INTROSPECTION", "MAX_DEPTH", "LOG_LEVEL"]),
  );
  expect(() => readConfig(wrong)).toThrow(
    /^Wrong settings:\n {2}PORT: must be at most 65535\n {2}DATABASE_URL: must begin with postgres:\/\/\n/,
  );
});

test("Every setting has a check that rejects nonsense, or takes any text, and says what it is about.", () => {
  const anyText = ["HOST", "DATA_DIR"];
  const taken = Object.keys(settings).filter((name) => mistakesOf({ [name]: "\u0007" }).length === 0);

  expect(taken.sort()).toEqual(anyText.sort());
  expect(Object.values(settings).filter(({ about }) => about === "")).toEqual([]);
});

test.each([
  ["500/1h", [[500, HOUR_MS]]],
  ["500/h", [[500, HOUR_MS]]],
  ["10/30s", [[10, 30_000]]],
  ["5/15m", [[5, 15 * MINUTE_MS]]],
  ["1/1d", [[1, 24 * HOUR_MS]]],
  [
    "1000/1h,60/1m",
    [
      [1000, HOUR_MS],
      [60, MINUTE_MS],
    ],
  ],
  [
    " 1000/1h , 60/1m ",
    [
      [1000, HOUR_MS],
      [60, MINUTE_MS],
    ],
  ],
])("The limit %j is understood.", (text, windows) => {
  expect(readConfig({ RATE_LIMIT_GRAPHQL: text }).rateLimits.graphql).toEqual(windows.map(([limit, windowMs]) => ({ limit, windowMs })));
});

test.each(["500", "0/1h", "-1/1h", "1.5/1h", "500/0h", "500/1w", "500/1h,", "500/1h;60/1m", "many/1h", "1/1s,2/1m,3/1h,4/1d,5/2d"])(
  "The limit %j is rejected with an example of a right one.",
  (text) => {
    expect(mistakesOf({ RATE_LIMIT_GRAPHQL: text })).toEqual(['RATE_LIMIT_GRAPHQL: must be limits like "500/1h" or "1000/1h,60/1m"']);
  },
);

test("Limits of fields name each its field, and a further window belongs to the field before it.", () => {
  const { fields } = readConfig({ RATE_LIMIT_FIELDS: "Query.searchSessions=120/1m,5/1s, Query.analytics=60/1m" }).rateLimits;

  expect(Object.fromEntries(fields)).toEqual({
    "Query.searchSessions": [
      { limit: 120, windowMs: MINUTE_MS },
      { limit: 5, windowMs: 1_000 },
    ],
    "Query.analytics": [{ limit: 60, windowMs: MINUTE_MS }],
  });
});

test.each(["60/1m", "Query=60/1m", "Query.stats", "Query.stats=often", "Query.stats=60/1m,Query.viewer=", "=60/1m"])(
  "The limits of fields %j are rejected with an example of right ones.",
  (text) => {
    expect(mistakesOf({ RATE_LIMIT_FIELDS: text })).toEqual([
      'RATE_LIMIT_FIELDS: must be limits like "Query.searchSessions=120/1m,Query.analytics=60/1m"',
    ]);
  },
);

test.each(["postgres://localhost/backstory", "postgresql://user:secret@db:5432/backstory?sslmode=require"])(
  "%s is the address of a PostgreSQL.",
  (url) => {
    expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
  },
);

test.each([
  ["", []],
  ["x".repeat(31), [expect.stringMatching(/^BOOTSTRAP_API_KEY: must have at least 32 characters; /)]],
  ["x".repeat(32), []],
  ["x".repeat(200), []],
  ["x".repeat(201), ["BOOTSTRAP_API_KEY: must be at most 200 visible ASCII characters"]],
  [`${"x".repeat(32)} y`, ["BOOTSTRAP_API_KEY: must be at most 200 visible ASCII characters"]],
])("The first API key has 32 to 200 visible characters: %j.", (key, mistakes) => {
  expect(mistakesOf({ BOOTSTRAP_API_KEY: key })).toEqual(mistakes);
});

test("A wrong setting's value is never repeated, since it may be a password.", () => {
  expect(mistakesOf({ DATABASE_URL: "mysql://root:hunter2@db/app", BOOTSTRAP_API_KEY: "my key" }).join()).not.toMatch(/hunter2|my key/);
});
