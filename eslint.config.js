import js from "@eslint/js";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import { importX } from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/**
 * The layers of the architecture, the lowest first (docs/architecture.md). A folder or file may import those before it, and
 * none after it.
 */
export const LAYERS = [
  "production.ts",
  "platform",
  "db",
  "core/errors",
  "core/audit",
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
  "features/accounts",
  "features/audit",
  "features/analytics",
  "features/sessions",
  "features/history",
  "features/sync",
  "features/search",
  "features/storage",
  "features/export",
  "features/backups",
  "features/services.ts",
  "server/pages",
  "server/rest",
  "server/graphql",
  "server/http",
  "server/server.ts",
  "commands",
  "main.ts",
];

/** The only import of a higher layer: the kits hand the services to handlers, for which they need only the type. */
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

const isFile = (layer) => layer.endsWith(".ts");
const filesOf = (layer) => (isFile(layer) ? `src/${layer}` : `src/${layer}/**/*.ts`);
const patternOf = (layer) => (isFile(layer) ? `**/${layer.replace(".ts", ".js")}` : `**/${layer}/**`);

/** Services hold rules and statements. Every surface uses them, so they import no surface. */
const isService = { group: SURFACES, message: "A service knows neither GraphQL nor HTTP." };

/** Makes the rule of one layer. A later entry replaces the rule of an earlier one, so services repeat the rule of their layer. */
function importsOf(layer, index) {
  const above = LAYERS.slice(index + 1).map(patternOf);
  const patterns = above.length === 0 ? [] : [{ group: above, message: `${layer} is below that layer (docs/architecture.md)` }];
  const rule = (more) => ({ "no-restricted-imports": ["error", { patterns: [...patterns, ...more] }] });
  return [
    { files: [filesOf(layer)], ignores: [UPWARD], rules: rule([]) },
    ...(layer.startsWith("features/") && !isFile(layer)
      ? [{ files: [`src/${layer}/service.ts`, `src/${layer}/*-service.ts`], rules: rule([isService]) }]
      : []),
  ];
}

export default tseslint.config(
  { ignores: ["dist/", "src/db/generated/", "data/", "coverage/"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { "import-x": importX },
    // Without a parser for TypeScript the rule reads no imports, and finds no circle.
    settings: { ...importX.flatConfigs.typescript.settings, "import-x/resolver-next": [createTypeScriptImportResolver()] },
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
      // The rule does not end on recursive types, such as those of graphql.
      "@typescript-eslint/no-unsafe-class-instance-assignment": "off",
      // Objects that factories return never use `this`, so their functions may be passed on.
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
      "src/db/embedded/folder-lock.ts",
      "src/db/embedded/open.ts",
      "src/db/embedded/database-folder.ts",
      "src/db/embedded/make-database.ts",
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
      "src/db/embedded/database-files.ts",
      "src/db/embedded/disk-reserve.ts",
      "src/db/embedded/file-operations.ts",
    ],
    rules: { "max-params": ["error", { max: 5 }] },
  },
  {
    // The setup of a test may be long, and its helpers take as many arguments as the test needs.
    files: ["test/**", "scripts/**"],
    rules: { "max-lines-per-function": "off", "max-params": "off", "no-restricted-syntax": "off" },
  },
  {
    // Answers of the server are untyped, and a test asserts what it expects of them.
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
  ...LAYERS.flatMap(importsOf),
);
