/** What is still to be ended or removed, the last first. @type {(() => unknown)[]} */
const tasks = [];

/** Sees to it that something is ended or removed, however its fault comes out. */
export function onCleanUp(/** @type {() => unknown} */ task) {
  tasks.push(task);
}

/** Runs all of it. One that fails does not keep the others from running. */
export async function cleanUp() {
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    try {
      await task();
    } catch (error) {
      console.error("Something could not be cleaned up:", error);
    }
  }
}
