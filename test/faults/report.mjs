/**
 * One figure of a fault: what was seen, and whether that is what is required. Without a requirement it is only told.
 * @typedef {{ what: string, seen: string | number, required?: string, ok?: boolean }} Figure
 */

/** @returns {Figure} */
export function told(/** @type {string} */ what, /** @type {string | number} */ seen) {
  return { what, seen };
}

/** @returns {Figure} */
export function exactly(/** @type {string} */ what, /** @type {number} */ seen, /** @type {number} */ wanted) {
  return { what, seen, required: String(wanted), ok: seen === wanted };
}

/** @returns {Figure} */
export function atMost(/** @type {string} */ what, /** @type {number} */ seen, /** @type {number} */ most, unit = "") {
  return { what, seen: round(seen) + unit, required: `at most ${most}${unit}`, ok: seen <= most };
}

/** @returns {Figure} */
export function atLeast(/** @type {string} */ what, /** @type {number} */ seen, /** @type {number} */ least, unit = "") {
  return { what, seen: round(seen) + unit, required: `at least ${least}${unit}`, ok: seen >= least };
}

function round(/** @type {number} */ value) {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)));
}

export function hasFailed(/** @type {Figure[]} */ figures) {
  return figures.some(({ ok }) => ok === false);
}

/** The figures of a fault as a Markdown table. */
export function renderFigures(/** @type {string} */ title, /** @type {Figure[]} */ figures) {
  const rows = figures.map(({ what, seen, required = "", ok }) => [
    what,
    String(seen),
    required,
    ok === undefined ? "" : ok ? "ok" : "FAILED",
  ]);
  return [`### ${title}`, "", row(["figure", "seen", "required", ""]), "|---|--:|--:|---|", ...rows.map(row), ""].join("\n");
}

function row(/** @type {string[]} */ cells) {
  return `| ${cells.join(" | ")} |`;
}
