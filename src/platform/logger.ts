import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Lines are written together, 4 KB or a tenth of a second at a time, to save a system call for each. */
const BUFFERED = { dest: 2, sync: true, minLength: 4_096, periodicFlush: 100 };

/** The stream of standard error. What is not written yet must be flushed before the process ends. */
export function bufferedStandardError(): DestinationStream & { readonly flushSync: () => void } {
  return pino.destination(BUFFERED);
}

/** Structured JSON lines. Nothing that could hold a key or a conversation is ever passed to it; redaction is the second net. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  return pino({ level, base: { service: "backstory" }, redact: ["authorization", "headers.authorization", "key", "token"] }, destination);
}
