import { expect, test } from "@jest/globals";
import { createDeadline, type Claim } from "../../src/platform/deadline.js";
import { createFairShare, type FairShare } from "../../src/platform/fair-share.js";

const clock = { nowMs: 0, now: () => new Date(clock.nowMs), monotonicMs: () => clock.nowMs, wait: () => Promise.resolve() };
const light = (owner: string): Claim => ({ owner, isHeavy: false });
const heavy = (owner: string): Claim => ({ owner, isHeavy: true });

/** Asks for places, and lists the owners that got one, in their order. */
function ask(share: FairShare, claims: readonly Claim[]): { readonly started: string[] } {
  const started: string[] = [];
  for (const claim of claims) {
    const name = `${claim.owner}${claim.isHeavy ? "!" : ""}`;
    if (share.tryTake(claim)) started.push(name);
    else share.enqueue(claim, () => started.push(name));
  }
  return { started };
}

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);

test("An owner that is alone gets all places but a quarter, and a newcomer finds its place at once.", () => {
  const share = createFairShare({ places: 20, clock });
  expect(ask(share, times(30, light("a"))).started).toHaveLength(15);
  expect(ask(share, times(9, light("b"))).started).toHaveLength(5);
});

test("While others are there, each gets a quarter at most, and what becomes free goes to them in turn.", () => {
  const share = createFairShare({ places: 8, clock });
  const { started } = ask(share, [...times(4, light("a")), ...times(4, light("b")), ...times(4, light("c")), ...times(4, light("d"))]);
  expect(started).toEqual(["a", "a", "a", "a", "b", "b", "c", "c"]);
  started.length = 0;
  for (const owner of "aaabc") share.release(light(owner));
  expect(started).toEqual(["d", "d", "b", "c"]);
});

test("Who has just left counts as present for ten seconds.", () => {
  const share = createFairShare({ places: 8, clock });
  ask(share, [light("b"), light("a")]);
  share.release(light("b"));
  const { started } = ask(share, times(9, light("a")));
  expect(started).toHaveLength(1);
  clock.nowMs += 10_001;
  share.release(light("a"));
  expect(started).toHaveLength(6);
});

test("An owner does not share with the server's own work.", () => {
  const share = createFairShare({ places: 8, clock });
  const own = { owner: null, isHeavy: false };
  ask(share, [own, own]);
  share.release(own);
  expect(ask(share, times(9, light("a"))).started).toHaveLength(6);
});

test("Heavy work has half of its owner's places at most, and takes turns with its light work.", () => {
  const share = createFairShare({ places: 8, clock });
  const { started } = ask(share, [...times(9, heavy("a")), ...times(9, light("a"))]);
  expect(started).toEqual(["a!", "a!", "a!", "a", "a", "a"]);
  const single = createFairShare({ places: 1, clock });
  const inTurn = ask(single, [...times(3, heavy("a")), ...times(3, light("a"))]).started;
  for (let count = 0; count < 5; count += 1) single.release(inTurn.at(-1) === "a!" ? heavy("a") : light("a"));
  expect(inTurn).toEqual(["a!", "a", "a!", "a", "a!", "a"]);
});

test("Who gives up waiting loses its turn, and nobody else does.", async () => {
  const share = createFairShare({ places: 1, clock });
  const { deadline, pass } = createDeadline(light("a"));
  expect(share.tryTake(light("b"))).toBe(true);
  const waiting = share.take(light("a"), deadline);
  const { started } = ask(share, [light("c")]);
  pass();
  await expect(waiting).rejects.toThrow("deadline");
  expect(share.waiting()).toBe(1);
  share.release(light("b"));
  expect(started).toEqual(["c"]);
  share.release(light("c"));
  expect(share.tryTake(light("a"))).toBe(true);
});
