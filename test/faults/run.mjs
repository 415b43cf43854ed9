import { performance } from "node:perf_hooks";
import { killServers } from "../bench/server-process.mjs";
import { cleanUp, cleanUpForGood } from "./clean-up.mjs";
import { hasFailed, renderFigures } from "./report.mjs";
import { isQuick, seed } from "./scale.mjs";

// `node test/faults/run.mjs [NAME...]` does to the server what may befall it and tells whether it kept its promises.
// FAULT_SCALE=quick runs all of it in short; FAULT_SEED repeats what was left to chance; with DATABASE_URL (of a server
// on which databases may be made) the load runs on PostgreSQL too.

/** @type {Record<string, () => Promise<{ default: () => AsyncIterable<{ title: string, figures: import("./report.mjs").Figure[] }> }>>} */
const faults = {
  limits: () => import("./limits.mjs"),
  "postgres-stop": () => import("./postgres-stop.mjs"),
  kill: () => import("./kill.mjs"),
  maintenance: () => import("./maintenance.mjs"),
  soak: () => import("./soak.mjs"),
  overload: () => import("./overload.mjs"),
  attackers: () => import("./attackers.mjs"),
};

/** @returns {Promise<boolean>} whether everything was as required */
async function run(/** @type {string} */ name) {
  let isFine = true;
  const startedAt = performance.now();
  try {
    const { default: fault } = await faults[name]();
    for await (const { title, figures } of fault()) {
      console.log(renderFigures(`${name}: ${title}`, figures));
      if (hasFailed(figures)) isFine = false;
    }
  } catch (error) {
    console.error(`${name} could not be run to its end:`, error);
    isFine = false;
  } finally {
    await cleanUp();
  }
  console.log(`${name} took ${Math.round((performance.now() - startedAt) / 1_000)} s.\n`);
  return isFine;
}

/** The servers once more in the end: one may have been started meanwhile. */
async function stop() {
  await cleanUpForGood();
  killServers();
  process.exit(1);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(faults);
const unknown = names.filter((name) => !(name in faults));
if (unknown.length > 0) {
  console.error(`There is no fault ${unknown.join(", ")}; there are ${Object.keys(faults).join(", ")}.`);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
// Nobody reads on: a pipe that was closed must leave nothing behind either.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => void stop());
process.on("uncaughtException", (error) => {
  console.error(error);
  void stop();
});

console.log(`Seed ${seed}${isQuick ? ", in short" : ""}\n`);
const failed = [];
for (const name of names) if (!(await run(name))) failed.push(name);
console.log(failed.length === 0 ? "All as required." : `Not as required: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
