import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

export type RequestFacts = {
  readonly surface: "graphql" | "rest" | "page";
  /** The route, or the operation's name, which its client chose. */
  readonly operation: string;
  readonly status: number;
  readonly durationMs: number;
};

/** A state that is read when the metrics are. */
type Reading = () => Readonly<Record<string, number>>;

/** One value of a gauge, and the labels that tell it from its others. */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

type SampledGauge = {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Reads what the gauge shows: nothing where that is not known. */
  readonly read: () => Promise<readonly Sample[]>;
};

const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Clients choose the names of their operations, and each name is some twenty lines: further ones are counted as `other`. */
const MOST_OPERATION_NAMES = 200;

/** How often the event loop's lag is measured. Each time wakes the process: by default a hundred times a second, most of what an idle server does. */
const LAG_INTERVAL_MS = 100;

/** What an operator's Prometheus reads, in a registry of its own. */
export function createMetrics() {
  const registry = new Registry();
  const { requests, durations, errors, decisions, isSharing } = createInstruments(registry);
  const nameOf = boundNames(MOST_OPERATION_NAMES);

  function watch(name: string, help: string, read: Reading): void {
    new Gauge({
      name,
      help,
      labelNames: ["state"],
      registers: [registry],
      collect() {
        for (const [state, value] of Object.entries(read())) this.set({ state }, value);
      },
    });
  }

  function watchSamples({ name, help, labelNames, read }: SampledGauge): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const samples = await read();
        this.reset();
        if (labelNames.length === 0 && samples.length === 0) this.remove(); // or it would show 0
        for (const { labels, value } of samples) this.set(labels, value);
      },
    });
  }

  return {
    request({ surface, operation, status, durationMs }: RequestFacts): void {
      requests.inc({ surface, status });
      durations.observe({ surface, operation: nameOf(operation) }, durationMs / 1_000);
    },
    /** A request that was rejected without being looked at: its duration says nothing of how fast the server is. */
    rejection: (surface: RequestFacts["surface"], status: number): void => requests.inc({ surface, status }),
    error: (code: string, reason: string): void => errors.inc({ code, reason }),
    limiterDecision(budget: string, granted: number, refused: number): void {
      decisions.inc({ budget, outcome: "granted" }, granted);
      decisions.inc({ budget, outcome: "refused" }, refused);
    },
    limiterStore: (isUp: boolean): void => isSharing.set(isUp ? 1 : 0),
    watchOperations: (read: Reading): void => watch("backstory_operations", "Operations by state (running, waiting)", read),
    watchConnections: (read: Reading): void =>
      watch("backstory_database_connections", "Connections to the database (busy, idle), and who waits for one (waiting)", read),
    watchSamples,
    /** The process's own: memory, CPU, the event loop's lag, handles. Once for each process. */
    watchProcess: (): void => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LAG_INTERVAL_MS }),
    /** The text that Prometheus reads, and its media type. */
    render: async () => ({ text: await registry.metrics(), type: registry.contentType }),
  };
}

/** The counters that are fed by events, as Prometheus knows them. */
function createInstruments(registry: Registry) {
  const registers = [registry];
  const requests = new Counter({
    name: "backstory_requests_total",
    help: "Requests answered, by surface (graphql, rest, page) and HTTP status",
    labelNames: ["surface", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "backstory_request_duration_seconds",
    help: "Time until the answer began, by surface and operation",
    labelNames: ["surface", "operation"],
    buckets: DURATION_BUCKETS,
    registers,
  });
  const errors = new Counter({
    name: "backstory_errors_total",
    help: "Errors in answers, by code and reason of the catalogue",
    labelNames: ["code", "reason"],
    registers,
  });
  const decisions = new Counter({
    name: "backstory_limiter_decisions_total",
    help: "Units that the rate limiter granted and refused, by kind of budget (graphql, rest, field, auth)",
    labelNames: ["budget", "outcome"],
    registers,
  });
  const isSharing = new Gauge({
    name: "backstory_limiter_store_up",
    help: "1 while the rate limits are decided in their store, 0 while Redis is lost and RATE_LIMIT_FAIL decides",
    registers,
  });
  isSharing.set(1);
  return { requests, durations, errors, decisions, isSharing };
}

/** The first names as they are, and one name for all that come later. */
function boundNames(most: number): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.has(name)) return name;
    if (known.size >= most) return "other";
    known.add(name);
    return name;
  };
}
