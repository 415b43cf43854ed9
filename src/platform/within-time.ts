import { createDeadline, type Claim, type Deadline } from "./deadline.js";

type Bounds = { readonly timeoutMs: number; readonly claim: Claim };

/**
 * Does work that is over after its time, whatever becomes of it: its deadline passes then, and nobody waits for it any more.
 * @throws Error if the time is up
 */
export function withinTime<T>({ timeoutMs, claim }: Bounds, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const { deadline, pass } = createDeadline(claim);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      pass();
      reject(new Error(`No answer within ${timeoutMs} ms`));
    }, timeoutMs);
    work(deadline)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
