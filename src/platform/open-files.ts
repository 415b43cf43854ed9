import { z } from "zod";

const report = z.object({ userLimits: z.object({ open_files: z.object({ soft: z.union([z.number(), z.string()]) }) }) });

/** Reads from Node's diagnostic report how many files the system lets the process open (`ulimit -n`). */
export function readOpenFilesLimit(diagnosticReport: unknown): number {
  const parsed = report.safeParse(diagnosticReport);
  const limit = parsed.success ? Number(parsed.data.userLimits.open_files.soft) : Number.NaN; // "unlimited", or a system without
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
}
