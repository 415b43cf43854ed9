import { execFile } from "node:child_process";
import { appendFile, chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { onCleanUp } from "./clean-up.mjs";
import { findFreePort } from "./free-port.mjs";

const run = promisify(execFile);
const DEADLINE_MS = 60_000;
const INSTALLED = "/usr/lib/postgresql";

/** @typedef {Awaited<ReturnType<typeof createPostgresServer>>} PostgresServer */
/** The account that the server runs as, where it is not our own. @typedef {{ uid: number, gid: number }} Account */

/** Starts a new PostgreSQL server in a new folder, on a free port of 127.0.0.1. It trusts every client. */
export async function createPostgresServer() {
  const account = await findAccount();
  const folder = await mkdtemp(join(tmpdir(), "backstory-postgres-"));
  onCleanUp(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  if (account !== undefined) await chown(folder, account.uid, account.gid);
  const bin = await findBinaries();
  const port = await findFreePort();
  const dataDir = join(folder, "data");
  // The folder is one that every account may enter; the one that we were called in need not be.
  const tool = (/** @type {string} */ name, /** @type {string[]} */ args) =>
    run(join(bin, name), args, { cwd: folder, timeout: DEADLINE_MS, ...account });

  await tool("initdb", ["-D", dataDir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"]);
  await appendFile(join(dataDir, "postgresql.conf"), `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n`);
  const server = {
    folder,
    account,
    start: () => tool("pg_ctl", ["start", "-w", "-D", dataDir, "-l", join(folder, "log")]),
    stop: (/** @type {"fast" | "immediate"} */ mode) => tool("pg_ctl", ["stop", "-w", "-D", dataDir, "-m", mode]),
    urlOf: (/** @type {string} */ database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    /** Runs statements one after the other as the superuser, none of them in a transaction. */
    async command(/** @type {string[]} */ ...statements) {
      const client = new pg.Client({ connectionString: server.urlOf("postgres") });
      await client.connect();
      try {
        for (const statement of statements) await client.query(statement);
      } finally {
        await client.end();
      }
    },
  };
  onCleanUp(() => server.stop("immediate").catch(() => undefined)); // it may be stopped already
  await server.start();
  return server;
}

/** PostgreSQL refuses to run as root; then it runs as the account that its packages make. @returns {Promise<Account | undefined>} */
async function findAccount() {
  if (process.getuid?.() !== 0) return undefined;
  const [user, group] = await Promise.all(["-u", "-g"].map(async (flag) => Number((await run("id", [flag, "postgres"])).stdout)));
  return { uid: user, gid: group };
}

async function findBinaries() {
  if (process.env.PG_BIN) return process.env.PG_BIN;
  const told = await run("pg_config", ["--bindir"]).catch(() => undefined);
  if (told !== undefined) return told.stdout.trim();
  const versions = await readdir(INSTALLED).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error("There is no PostgreSQL: set PG_BIN to the folder of initdb and pg_ctl");
  return join(INSTALLED, newest, "bin");
}
