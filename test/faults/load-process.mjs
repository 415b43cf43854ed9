import { setTimeout as delay } from "node:timers/promises";
import { performance } from "node:perf_hooks";
import { openConnection } from "./raw-connection.mjs";

// The process that makes the load, so that neither measuring nor judging gets in its way. It is told what to do once,
// by the process that forked it, and answers with a record of every request.

/** @typedef {import("./load.mjs").Plan} Plan */
/** @typedef {import("./load.mjs").Phase} Phase */

const TICK_MS = 1;
const DRAIN_MS = 10_000;
const OPENED_AT_ONCE = 100;
const OPENING_MS = 20;
/** Less than the 20 s for which the server waits for a request, since it may close a connection just when one is on its way. */
const MOST_IDLE_MS = 15_000;

/** The position in the sequence, which goes on from phase to phase. */
let next = 0;
let unanswered = 0;

/** The requests of a phase, as columns: when one was due, when it was sent, and what came of it. */
function createRecord() {
  const columns = {
    /** @type {number[]} */ kind: [],
    /** @type {number[]} */ dueMs: [],
    /** @type {number[]} */ sentMs: [],
    /** @type {number[]} */ tookMs: [],
    /** @type {number[]} */ status: [],
    /** @type {number[]} */ marks: [],
  };
  const startedAt = performance.now();
  return {
    startedAt,
    columns,
    add(
      /** @type {number} */ kind,
      /** @type {number} */ dueAt,
      /** @type {number} */ sentAt,
      /** @type {import("./raw-connection.mjs").RawAnswer} */ answer,
    ) {
      columns.kind.push(kind);
      columns.dueMs.push(dueAt - startedAt);
      columns.sentMs.push(sentAt - startedAt);
      columns.tookMs.push(performance.now() - sentAt);
      columns.status.push(answer.status);
      columns.marks.push((answer.hasErrors ? 1 : 0) + (answer.hasRetryAfter ? 2 : 0) + (answer.isUnavailable ? 4 : 0));
    },
  };
}

/** Sends the next request of the sequence. */
function fire(
  /** @type {Plan} */ { requests, sequence },
  /** @type {ReturnType<typeof openConnection>} */ connection,
  /** @type {ReturnType<typeof createRecord>} */ record,
  /** @type {number} */ dueAt,
  /** @type {() => void} */ onDone,
) {
  const kind = sequence[(next += 1) % sequence.length];
  const sentAt = performance.now();
  unanswered += 1;
  connection.send(requests[kind], (answer) => {
    unanswered -= 1;
    record.add(kind, dueAt, sentAt, answer);
    onDone();
  });
}

/** So many clients, each of which sends its next request when the last is answered. */
async function loadClosed(/** @type {Plan} */ plan, /** @type {Phase} */ { connections = 1, seconds }) {
  const record = createRecord();
  const endsAt = record.startedAt + seconds * 1_000;
  const work = () =>
    new Promise((/** @type {(value: void) => void} */ resolve) => {
      let connection = openConnection(plan.port);
      const go = () => {
        if (performance.now() >= endsAt) return void (connection.close(), resolve());
        if (!connection.isOpen()) connection = openConnection(plan.port);
        fire(plan, connection, record, performance.now(), go);
      };
      go();
    });
  const working = Promise.all(Array.from({ length: connections }, work));
  await Promise.race([working, delay(seconds * 1_000)]);
  return { record, unsent: 0 };
}

/** Connections that are free or in use, so many of them. */
function createPool(/** @type {number} */ port, /** @type {number} */ most) {
  /** @type {{ connection: ReturnType<typeof openConnection>, usedAt: number }[]} */
  const free = [];
  let count = 0;
  let isClosed = false;
  return {
    /** Opens all of them, no more at once than a server takes, so that none has to be opened in the middle of the load. */
    async fill() {
      for (; count < most; count += 1) {
        free.push({ connection: openConnection(port), usedAt: performance.now() });
        if (count % OPENED_AT_ONCE === 0) await delay(OPENING_MS);
      }
      for (const one of free) one.usedAt = performance.now();
    },
    /** The one that was not used for longest, so that none idles, or a new one; none where all are in use. */
    take() {
      for (let candidate = free.shift(); candidate !== undefined; candidate = free.shift()) {
        if (candidate.connection.isOpen() && performance.now() - candidate.usedAt < MOST_IDLE_MS) return candidate.connection;
        candidate.connection.close();
        count -= 1;
      }
      if (count >= most) return undefined;
      count += 1;
      return openConnection(port);
    },
    giveBack(/** @type {ReturnType<typeof openConnection>} */ connection) {
      if (isClosed) connection.close();
      else free.push({ connection, usedAt: performance.now() });
    },
    close() {
      isClosed = true;
      for (const { connection } of free) connection.close();
    },
  };
}

/**
 * Requests at a constant rate, whatever becomes of those before. One that no connection is free for waits, and is due
 * all the same; those that still wait at the end are given up.
 */
async function loadOpen(/** @type {Plan} */ plan, /** @type {Phase} */ { rate = 1, connections: most = 1, seconds }) {
  const pool = createPool(plan.port, most);
  await pool.fill();
  let sent = 0;
  const record = createRecord();
  const total = Math.floor(rate * seconds);

  function send(/** @type {number} */ dueAt) {
    const connection = pool.take();
    if (connection === undefined) return false;
    fire(plan, connection, record, dueAt, () => pool.giveBack(connection));
    return true;
  }

  for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - record.startedAt) {
    const due = Math.min(total, Math.floor((elapsed * rate) / 1_000));
    while (sent < due && send(record.startedAt + (sent * 1_000) / rate)) sent += 1;
    await delay(TICK_MS);
  }
  pool.close();
  return { record, unsent: total - sent };
}

process.once("message", async (/** @type {Plan} */ plan) => {
  const phases = [];
  for (const phase of plan.phases) phases.push(await (phase.rate === undefined ? loadClosed : loadOpen)(plan, phase));
  // What is still under way belongs to the record, too, for as long as one can wait.
  for (let waited = 0; unanswered > 0 && waited < DRAIN_MS; waited += 50) await delay(50);
  const records = phases.map(({ record, unsent }) => ({
    unsent,
    ...Object.fromEntries(Object.entries(record.columns).map(([name, column]) => [name, Float64Array.from(column)])),
  }));
  process.send?.({ records, unanswered }, () => process.exit());
});

// The process that forked this one is gone.
process.once("disconnect", () => process.exit(1));
