import { setTimeout as delay } from "node:timers/promises";

/** How long after the cleaning something may still be made by a step that had begun before. */
const LATEST_MS = 300;

/** What is still to be ended or removed, the last first. @type {(() => unknown)[]} */
const tasks = [];

let cleaning = Promise.resolve();
let isEnding = false;

/**
 * Sees to it that something is ended or removed, however its fault comes out.
 * @throws where all is being ended, so that the code that made it goes no further
 */
export function onCleanUp(/** @type {() => unknown} */ task) {
  tasks.push(task);
  if (!isEnding) return;
  void cleanUp();
  throw new Error("Everything is being ended");
}

/** Cleans up for good, also what a fault that does not know of it yet makes meanwhile. */
export async function cleanUpForGood() {
  isEnding = true;
  await cleanUp();
  await delay(LATEST_MS);
  await cleanUp();
}

/** Runs all of it, after a cleaning that is going on already: what is made last may stand on what was made first. */
export function cleanUp() {
  cleaning = cleaning.then(runTasks);
  return cleaning;
}

/** One that fails does not keep the others from running. */
async function runTasks() {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    try {
      await task();
    } catch (error) {
      console.error("Something could not be cleaned up:", error);
    }
  }
}
