import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** The floors of the architecture from the ground up (docs/architecture.md): a folder or file imports what stands before it, and nothing after it. */
export const FLOORS = [
  "production.ts",
  "platform",
  "db",
  "core/errors",
  "core/limits",
  "core/load",
  "core/auth",
  "core/request",
  "config.ts",
  "kits",
  "features/transcripts",
  "features/users",
  "features/devices",
  "features/billing",
  "features/api-keys",
  "features/projects",
  "features/members",
  "features/analytics",
  "features/sessions",
  "features/history",
  "features/sync",
  "features/search",
  "features/services.ts",
  "server/pages",
  "server/rest",
  "server/graphql",
  "server/http",
  "server/server.ts",
  "commands",
  "main.ts",
];

/** The one import that runs up: the kits hand the services to handlers, and need their type for that. */
const UPWARD = "src/kits/services.ts";

const SURFACES = [
  "graphql",
  "graphql-yoga",
  "@pothos/*",
  "hono",
  "hono/*",
  "**/kits/**",
  "**/server/**",
  "**/graphql.js",
  "**/graphql/**",
  "**/rest.js",
  "**/rest-*.js",
];

const isFile = (floor) => floor.endsWith(".ts");
const filesOf = (floor) => (isFile(floor) ? `src/${floor}` : `src/${floor}/**/*.ts`);
const patternOf = (floor) => (isFile(floor) ? `**/${floor.replace(".ts", ".js")}` : `**/${floor}/**`);

/** A service holds rules and statements; every surface uses it, so it knows none of them. */
const isService = { group: SURFACES, message: "A service knows neither GraphQL nor HTTP." };

/** The rule of one floor. A later entry replaces the rule of an earlier one, so services repeat the rule of their floor. */
function importsOf(floor, index) {
  const above = FLOORS.slice(index + 1).map(patternOf);
  const patterns = above.length === 0 ? [] : [{ group: above, message: `${floor} stands below that (docs/architecture.md)` }];
  const rule = (more) => ({ "no-restricted-imports": ["error", { patterns: [...patterns, ...more] }] });
  return [
    { files: [filesOf(floor)], ignores: [UPWARD], rules: rule([]) },
    ...(floor.startsWith("features/") && !isFile(floor)
      ? [{ files: [`src/${floor}/service.ts`, `src/${floor}/*-service.ts`], rules: rule([isService]) }]
      : []),
  ];
}

export default tseslint.config(
  { ignores: ["dist/", "src/db/generated/", "data/", "coverage/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver()] },
    rules: { "import-x/no-cycle": ["error", { ignoreExternal: true }] },
  },
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
      "max-lines": ["error", { max: 300 }],
      "max-lines-per-function": ["error", { max: 60 }],
      "max-params": ["error", { max: 3 }],
      "no-restricted-syntax": [
        "error",
        {
          selector:
            "NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.object.name='Date'][callee.property.name='now'], CallExpression[callee.object.name='Math'][callee.property.name='random']",
          message: "Time and chance are injected (platform/clock.ts, platform/random.ts).",
        },
      ],
    },
  },
  {
    files: [
      "src/main.ts",
      "src/production.ts",
      "src/commands/serve.ts",
      "src/db/folder-lock.ts",
      "src/db/open-pglite.ts",
      "src/db/database-folder.ts",
      "src/db/make-pglite.ts",
      "prisma.config.ts",
      "scripts/**",
      "test/**",
    ],
    rules: { "no-restricted-globals": "off" },
  },
  { files: ["src/platform/**"], rules: { "no-restricted-syntax": "off" } },
  {
    // Libraries call these functions with so many arguments.
    files: [
      "src/**/graphql.ts",
      "src/features/*/graphql/*.ts",
      "src/server/graphql/{field-limits,input-path}.ts",
      "src/db/owner-only-files.ts",
    ],
    rules: { "max-params": ["error", { max: 5 }] },
  },
  {
    // A test's setting is a page of its own, and its helpers take what the test has.
    files: ["test/**", "scripts/**"],
    rules: { "max-lines-per-function": "off", "max-params": "off", "no-restricted-syntax": "off" },
  },
  {
    // Answers of the server are of any shape; what a test expects to find in them is what it asserts.
    files: ["test/**/*.ts"],
    rules: Object.fromEntries(
      ["assignment", "member-access", "argument", "call", "return"].map((kind) => [`@typescript-eslint/no-unsafe-${kind}`, "off"]),
    ),
  },
  { files: ["eslint.config.js", "scripts/**/*.mjs", "test/**/*.mjs"], ...tseslint.configs.disableTypeChecked },
  {
    files: ["scripts/**/*.mjs", "test/**/*.mjs"],
    languageOptions: {
      globals: { process: "readonly", Buffer: "readonly", console: "readonly", URL: "readonly", fetch: "readonly", setTimeout: "readonly" },
    },
  },
  ...FLOORS.flatMap(importsOf),
);
