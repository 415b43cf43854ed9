#!/usr/bin/env node
import "./production.js"; // before every library that looks
import { Command, CommanderError } from "commander";
import { addBackup } from "./commands/backup.js";
import { CommandError, type CommandContext } from "./commands/context.js";
import { addDeviceCode } from "./commands/device-code.js";
import { addExport } from "./commands/export.js";
import { addImport } from "./commands/import.js";
import { addKey } from "./commands/key.js";
import { addMigrate } from "./commands/migrate.js";
import { addRestore } from "./commands/restore.js";
import { addSchema } from "./commands/schema.js";
import { addServe } from "./commands/serve.js";
import { addUser } from "./commands/user.js";
import { addVacuum } from "./commands/vacuum.js";
import { ConfigError } from "./config.js";
import { BackupError } from "./db/backup/format.js";
import { DatabaseFolderError } from "./db/embedded/database-folder.js";
import { FolderLockedError } from "./db/embedded/folder-lock.js";
import { MigrationError } from "./db/migrate.js";
import { readOpenFilesLimit } from "./platform/open-files.js";
import { AppError } from "./core/errors/app-error.js";

/** Errors whose message is all that a person needs. Any other error is a bug and shows its stack. */
const EXPLAINED = [CommandError, ConfigError, BackupError, DatabaseFolderError, FolderLockedError, MigrationError, AppError];

/** The signals that ask a process to end. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const context: CommandContext = {
  env: process.env,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  onExit: (listener) => void process.once("exit", listener),
  onSignal(listener) {
    for (const signal of SIGNALS) process.on(signal, listener);
    return () => SIGNALS.forEach((signal) => process.off(signal, listener));
  },
  openFilesLimit: () => readOpenFilesLimit(process.report.getReport()),
  terminal: process.stderr.isTTY ? process.stderr : null,
};

const program = new Command("backstory").description("A self-hosted server for AI coding conversations.").exitOverride();
program.showHelpAfterError("See: backstory --help");
for (const add of [
  addServe,
  addMigrate,
  addUser,
  addKey,
  addImport,
  addExport,
  addBackup,
  addRestore,
  addSchema,
  addDeviceCode,
  addVacuum,
]) {
  add(program, context);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    context.err(EXPLAINED.some((kind) => error instanceof kind) && error instanceof Error ? error.message : describe(error));
    process.exitCode = 1;
  }
}

/** Explains what is no bug: a busy port, and what the database says of itself, such as a full disk or a damaged file. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("severity" in error && "code" in error) return `The database has failed: ${error.message}`;
  return "code" in error && error.code === "EADDRINUSE" ? `${error.message}: choose another PORT` : (error.stack ?? error.message);
}
