import { z } from "zod";

/**
 * A backup is a gzip stream of lines. It is the same for both databases, and made of no files of PostgreSQL's, so that it
 * moves from one to the other and to a later version:
 *
 *     {"format":"backstory-backup","version":1,"createdAt":"2026-11-27T10:00:00.000Z","migrations":["20261101000000_initial"]}
 *     ["rows","Project"]
 *     {"key":1,"ownerId":"...","id":"app", ...}
 *     ["keys","Project",["{1}"]]
 *     ["gone","Project",[["2"]]]
 *     ["sequences",{"Project_key_seq":"1"}]
 *     ["end",{"rows":1,"sha256":"..."}]
 *
 * A row is an object as PostgreSQL writes it. It replaces an earlier row with its key: what changed while the backup was made
 * comes again. What was deleted meanwhile is either named (gone), or every other key is (keys: one PostgreSQL array for each
 * column of the key, in one or more lines). The SHA-256 is that of all bytes before the last line.
 */
export const FORMAT = "backstory-backup";
export const VERSION = 1;

/** The most bytes of a line, so that no file makes a restore take memory without end. A row of three texts of a million characters is shorter. */
export const MOST_LINE_BYTES = 64_000_000;

/** A backup cannot be made or read. The message is all that a person needs. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

export const headerLine = z.object({
  format: z.literal(FORMAT),
  version: z.int(),
  createdAt: z.iso.datetime(),
  /** The names of the migrations that the database had. */
  migrations: z.array(z.string()).min(1),
});

export type Header = z.infer<typeof headerLine>;

const rowsLine = z.tuple([z.literal("rows"), z.string()]);
const keysLine = z.tuple([z.literal("keys"), z.string(), z.array(z.string()).min(1)]);
const goneLine = z.tuple([z.literal("gone"), z.string(), z.array(z.array(z.string()).min(1)).min(1)]);
const sequencesLine = z.tuple([z.literal("sequences"), z.record(z.string(), z.string().regex(/^\d{1,19}$/))]);
const endLine = z.tuple([z.literal("end"), z.object({ rows: z.int(), sha256: z.string() })]);

/** The lines between the rows. */
export const controlLine = z.union([rowsLine, keysLine, goneLine, sequencesLine, endLine]);

export type ControlLine = z.infer<typeof controlLine>;

export const toLine = (value: Header | ControlLine): string => `${JSON.stringify(value)}\n`;
