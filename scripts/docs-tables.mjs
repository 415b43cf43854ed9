import { readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { settings } from "../dist/config.js";
import { allScopes, scopes, toScopeEnumName } from "../dist/core/auth/scopes.js";
import { catalogue, errorReasons } from "../dist/core/errors/catalogue.js";
import { restRoutes } from "../dist/server/rest/routes.js";

// `npm run docs` writes the rows of these tables anew from the code. test/docs compares them with the code by itself.

const code = (/** @type {string} */ text) => (text === "" ? "" : `\`${text}\``);
const row = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;

const tables = [
  {
    file: "docs/operations.md",
    heading: "Settings",
    rows: Object.entries(settings).map(([name, { fallback = "", about }]) => [code(name), code(fallback), about]),
  },
  {
    file: "docs/errors.md",
    heading: "Catalogue",
    rows: errorReasons.map((reason) => {
      const { code: group, httpStatus, retryable, description, solution } = catalogue[reason];
      return [code(group), code(reason), String(httpStatus), retryable ? "yes" : "no", description, solution];
    }),
  },
  {
    file: "docs/access.md",
    heading: "Keys and scopes",
    rows: allScopes.map((scope) => [code(scope), code(toScopeEnumName(scope)), scopes[scope]]),
  },
  {
    file: "docs/rest.md",
    heading: "Routes",
    rows: restRoutes.map(({ method, path, summary }) => [code(`${method} ${path}`), summary]),
  },
];

for (const { file, heading, rows } of tables) {
  const lines = readFileSync(file, "utf8").split("\n");
  const section = lines.indexOf(`## ${heading}`);
  const start = lines.findIndex((line, index) => index > section && line.startsWith("|"));
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("|"));
  if (section < 0 || start < 0) throw new Error(`${file} has no table under ${heading}`);
  lines.splice(start + 2, end - start - 2, ...rows.map(row));
  writeFileSync(file, await format(lines.join("\n"), { parser: "markdown", printWidth: 140 }));
}
