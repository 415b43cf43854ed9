import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** One arrow of the architecture: which files may not import what, and why. */
const forbid = (files, patterns, message, ignores = []) => ({
  files,
  ignores,
  rules: { "no-restricted-imports": ["error", { patterns: [{ group: patterns, message }] }] },
});

export default tseslint.config(
  { ignores: ["dist/", "src/db/generated/", "data/", "coverage/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    // One program for all files: a project service takes half as long again.
    languageOptions: { parserOptions: { project: ["tsconfig.json"], tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": ["error", "type"],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-invalid-void-type": "off",
      // The rule does not end on types that contain themselves, as graphql's do.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // What factories return never uses `this`, so its functions may be handed on alone.
      "@typescript-eslint/unbound-method": "off",
      "no-restricted-globals": [
        "error",
        { name: "process", message: "Only main.ts reads the process; everything else is given what it needs." },
      ],
      "max-lines": ["error", { max: 220, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: [
      "src/main.ts",
      "src/production.ts",
      "src/commands/serve.ts",
      "src/db/folder-lock.ts",
      "src/db/pglite.ts",
      "src/db/make-pglite.ts",
      "prisma.config.ts",
      "test/**",
    ],
    rules: { "no-restricted-globals": "off" },
  },
  {
    // Answers of the server are of any shape; what a test expects to find in them is what it asserts.
    files: ["test/**/*.ts"],
    rules: Object.fromEntries(
      ["assignment", "member-access", "argument", "call", "return"].map((kind) => [`@typescript-eslint/no-unsafe-${kind}`, "off"]),
    ),
  },
  { files: ["eslint.config.js", "test/**/*.mjs"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["test/**/*.mjs"],
    languageOptions: {
      globals: { process: "readonly", Buffer: "readonly", console: "readonly", URL: "readonly", fetch: "readonly", setTimeout: "readonly" },
    },
  },
  forbid(
    ["src/**/service.ts", "src/**/*-service.ts", "src/projects/members.ts"],
    [
      "graphql",
      "graphql-yoga",
      "@pothos/*",
      "hono",
      "hono/*",
      "**/graphql/*",
      "**/http/*",
      "**/graphql.js",
      "**/rest/*",
      "**/rest.js",
      "**/rest-*.js",
    ],
    "A service holds rules and knows neither GraphQL nor HTTP: both doors use it.",
  ),
  forbid(["src/platform/**"], ["../*/*", "!../platform/*"], "platform is the ground floor: it imports nothing of the house."),
  forbid(
    ["src/errors/**"],
    ["**/db/*", "**/http/*", "**/projects/*", "**/sessions/*", "**/commands/*"],
    "errors is beneath the rooms: it is imported by them and imports none.",
  ),
  forbid(
    ["src/rest/**", "src/**/rest.ts", "src/**/rest-*.ts"],
    ["graphql", "graphql-yoga", "@pothos/*", "**/graphql/*", "**/graphql.js", "**/commands/*", "**/db/database.js", "**/server.js"],
    "The two doors do not know each other: what both need is a service.",
  ),
  forbid(
    ["src/graphql/**"],
    ["**/commands/*", "**/db/database.js", "**/server.js"],
    "Arrows point from main to server to http to graphql to services.",
  ),
);
