import type { Clock } from "./clock.js";
import { DeadlineError, type Claim, type Deadline } from "./deadline.js";

type Waiting = { readonly claim: Claim; readonly start: () => void };

/** An owner that has places or waits for one. Those who wait are in two lines, from which the next is taken alternately. */
type Owner = {
  /** The time for which it had places, so that the next free place goes to who had the least. */
  usedMs: number;
  countedAtMs: number;
  running: number;
  runningHeavy: number;
  /** Made when somebody waits: an owner that finds a place free comes and goes with each piece of work. */
  light: Set<Waiting> | undefined;
  heavy: Set<Waiting> | undefined;
  isHeavyNext: boolean;
};

type Options = { readonly places: number; readonly clock: Clock };

export type FairShare = ReturnType<typeof createFairShare>;

/** How long an owner counts as present after its last place. */
const PRESENT_MS = 10_000;

/**
 * Shares a number of places among owners. While several are present, each has a quarter of the places at most; one that is
 * alone has all but a quarter, so that a newcomer finds some free. A place that becomes free goes to the waiting owner that had
 * places for the least time, so that each waits behind its own work only, and cheap work does not wait for its turn. Heavy work
 * has half of its owner's places at most. The server's own work, such as looking keys up for all, makes nobody share.
 */
export function createFairShare(options: Options) {
  const places = createPlaces(options);
  const inTurn = new Set<Owner>(); // those who wait, the next first

  function leave(owner: Owner, waiting: Waiting): void {
    owner.light?.delete(waiting);
    owner.heavy?.delete(waiting);
    inTurn.delete(owner);
    if (waitingOf(owner) > 0)
      inTurn.add(owner); // behind the others
    else places.forgetIdle(owner, waiting.claim);
  }

  function startWaiting(): void {
    while (places.areFree()) {
      const next = findNext(inTurn, places.mayStart);
      if (next === undefined) return;
      const { owner, waiting } = next;
      places.occupy(owner, waiting.claim);
      owner.isHeavyNext = !waiting.claim.isHeavy;
      leave(owner, waiting);
      waiting.start();
    }
  }

  /** Waits for a place, and calls `start` when it has one. The function that is returned gives up waiting. */
  function enqueue(claim: Claim, start: () => void): () => void {
    const owner = places.ownerOf(claim);
    const line = openLine(owner, claim);
    const waiting = { claim, start };
    line.add(waiting);
    inTurn.add(owner);
    startWaiting();
    return () => {
      if (line.has(waiting)) leave(owner, waiting);
    };
  }

  return {
    /** Takes a place if one is free for the owner. */
    tryTake: places.tryTake,
    enqueue,

    /** Takes a place, now or after a wait. @throws DeadlineError if the deadline passes first */
    take(claim: Claim, deadline?: Deadline): Promise<void> | undefined {
      return places.tryTake(claim) ? undefined : waitWithin(deadline, (start) => enqueue(claim, start));
    },

    release(claim: Claim): void {
      places.vacate(claim);
      startWaiting();
    },

    /** How many wait for a place. */
    waiting: (): number => [...inTurn].reduce((sum, owner) => sum + waitingOf(owner), 0),
  };
}

function lineOf({ light, heavy }: Owner, { isHeavy }: Claim): Set<Waiting> | undefined {
  return isHeavy ? heavy : light;
}

function openLine(owner: Owner, claim: Claim): Set<Waiting> {
  if (claim.isHeavy) return (owner.heavy ??= new Set());
  return (owner.light ??= new Set());
}

function waitingOf({ light, heavy }: Owner): number {
  return (light?.size ?? 0) + (heavy?.size ?? 0);
}

type MayStart = (owner: Owner, isHeavy: boolean) => boolean;

type Next = { readonly owner: Owner; readonly waiting: Waiting };

function findNext(owners: Iterable<Owner>, mayStart: MayStart): Next | undefined {
  let next: Next | undefined;
  for (const owner of owners) {
    if (next !== undefined && next.owner.usedMs <= owner.usedMs) continue;
    const { light, heavy, isHeavyNext } = owner;
    const lines = isHeavyNext ? [heavy, light] : [light, heavy];
    const line = lines.find((each) => each !== undefined && each.size > 0 && mayStart(owner, each === heavy));
    const waiting = line?.values().next().value;
    if (waiting !== undefined) next = { owner, waiting };
  }
  return next;
}

function waitWithin(deadline: Deadline | undefined, enqueue: (start: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = enqueue(() => {
      forget?.();
      resolve();
    });
    const forget = deadline?.onPassed(() => {
      giveUp();
      reject(new DeadlineError());
    });
  });
}

/** Counts who has how many places, and says who may have one more. */
function createPlaces({ places, clock }: Options) {
  const quarter = Math.floor(places / 4);
  const amongOthers = Math.max(1, quarter);
  const alone = places - quarter;
  const owners = new Map<string | null, Owner>();
  const presence = createPresence(clock);
  let free = places;

  function ownerOf({ owner: name }: Claim): Owner {
    const known = owners.get(name);
    if (known !== undefined) return known;
    const owner = createOwner(owners.values());
    owners.set(name, owner);
    return owner;
  }

  function forgetIdle(owner: Owner, claim: Claim): void {
    if (owner.running + waitingOf(owner) === 0) owners.delete(claim.owner);
  }

  function mayStart({ running, runningHeavy }: Owner, isHeavy: boolean): boolean {
    if (free === 0) return false;
    if (running < amongOthers && !isHeavy) return true; // the usual case, without a look at the clock
    const isShared = owners.size > (owners.has(null) ? 2 : 1) || presence.isShared();
    const most = isShared ? amongOthers : alone;
    return running < most && (!isHeavy || runningHeavy < Math.max(1, Math.floor(most / 2)));
  }

  function occupy(owner: Owner, { owner: name, isHeavy }: Claim): void {
    countTime(owner, clock.monotonicMs());
    if (name !== null) presence.record(name);
    free -= 1;
    owner.running += 1;
    if (isHeavy) owner.runningHeavy += 1;
  }

  return {
    ...{ ownerOf, forgetIdle, mayStart, occupy },
    areFree: () => free > 0,

    tryTake(claim: Claim): boolean {
      const owner = ownerOf(claim);
      const isFree = (lineOf(owner, claim)?.size ?? 0) === 0 && mayStart(owner, claim.isHeavy);
      if (isFree) occupy(owner, claim);
      else forgetIdle(owner, claim);
      return isFree;
    },

    vacate(claim: Claim): void {
      const owner = ownerOf(claim);
      countTime(owner, clock.monotonicMs());
      free += 1;
      owner.running -= 1;
      if (claim.isHeavy) owner.runningHeavy -= 1;
      forgetIdle(owner, claim);
    },
  };
}

/** Makes an owner. It begins with the least time of those that are there: it has saved nothing up while it was away. */
function createOwner(others: Iterable<Owner>): Owner {
  let usedMs = Number.POSITIVE_INFINITY;
  for (const other of others) usedMs = Math.min(usedMs, other.usedMs);
  if (usedMs === Number.POSITIVE_INFINITY) usedMs = 0;
  return { usedMs, countedAtMs: 0, running: 0, runningHeavy: 0, light: undefined, heavy: undefined, isHeavyNext: false };
}

/** Counts the time since the owner's number of places changed last, for each of them. */
function countTime(owner: Owner, nowMs: number): void {
  owner.usedMs += owner.running * (nowMs - owner.countedAtMs);
  owner.countedAtMs = nowMs;
}

/** Tells whether more than one owner has come in the last seconds. */
function createPresence(clock: Clock) {
  let latest: string | undefined;
  let sharedUntilMs = Number.NEGATIVE_INFINITY;
  return {
    record(owner: string): void {
      if (owner === latest) return;
      if (latest !== undefined) sharedUntilMs = clock.monotonicMs() + PRESENT_MS;
      latest = owner;
    },
    isShared: () => clock.monotonicMs() < sharedUntilMs,
  };
}
