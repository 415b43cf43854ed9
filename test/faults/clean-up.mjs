/** What is still to be ended or removed, the last first. @type {(() => unknown)[]} */
const tasks = [];

let cleaning = Promise.resolve();

/** Sees to it that something is ended or removed, however its fault comes out. */
export function onCleanUp(/** @type {() => unknown} */ task) {
  tasks.push(task);
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
