import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";

export type Logger = PinoLogger;

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Structured JSON lines. Nothing that could hold a key or a conversation is ever passed to it; redaction is the second net. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { service: "backstory" },
      redact: ["authorization", "headers.authorization", "key", "token"],
    },
    destination ?? pino.destination({ dest: 2, sync: true }),
  );
}
