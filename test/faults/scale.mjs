/** Whether every fault runs in its shortened form: the same steps, fewer and shorter ones. */
export const isQuick = process.env.FAULT_SCALE === "quick";

export function scaled(/** @type {number} */ full, /** @type {number} */ quick) {
  return isQuick ? quick : full;
}

/** The seed of everything that is left to chance, printed so that a run can be had again. */
export const seed = Number(process.env.FAULT_SEED || Date.now() % 1_000_000);
