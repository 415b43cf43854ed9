import { symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { LongText } from "../../src/platform/long-text.js";
import type { Principal } from "../../src/core/auth/principal.js";
import { allScopes } from "../../src/core/auth/scopes.js";
import { newCommandLine, type CommandLine } from "../support/cli.js";
import { conversation, historyFolder } from "../support/history.js";
import { longText } from "../support/long-texts.js";
import { run, type Output } from "../support/process.js";

const uuid = (number: number) => `00000000-0000-4000-8000-${number.toString().padStart(12, "0")}`;
const plain = conversation({ id: uuid(1) });
const texts = {
  "plain.md": plain,
  "crlf.md": conversation({ id: uuid(2), said: "first line\nsecond line" }).replaceAll("\n", "\r\n"),
  "mark.md": `\uFEFF${conversation({ id: uuid(3) })}`,
  "zero.md": conversation({ id: uuid(4), said: "the terminal said \u0000 and \u0001, and 'quoted' \\n" }),
  "cursor.md": `<!-- cursor Session ${uuid(5).toUpperCase()} (2025-12-02 12:49Z) -->\n\n# Bunch of updates (2025-12-02 12:49Z)\n\n_**User (2025-12-02 12:49Z)**_\n\nhi\n\n_**Agent (model claude-4.5-opus, mode Agent)**_\n\nhello\n`,
  "local.md": `<!-- Codex CLI Session ${uuid(6)} (2025-11-13 21:12:14-0700) -->\n\n_**User (2025-11-13 21:12:14-0700)**_\n\nhi\n`,
  "version-long.md": conversation({ id: uuid(7), more: ["and a second question", ""] }),
  "version-short.md": conversation({ id: uuid(7) }),
  "version-short-copy.md": conversation({ id: uuid(7) }),
};
const unreadable = {
  "readme.md": `# About\n\nThere is no header.\n\n_**User**_\n\n${plain}`,
  "latin.md": Buffer.concat([Buffer.from(conversation({ id: uuid(8) })), Buffer.from([0xe9, 0x0a])]),
  "short-id.md": conversation({ id: "abc123" }),
};

type Stored = { id: string; name: string; etag: string; updatedAt: Date; markdown: string; [column: string]: unknown };

let cli: CommandLine;
let history: Awaited<ReturnType<typeof historyFolder>>;
let first: Output;
let stored: ReadonlyMap<string, Stored>;
beforeAll(async () => {
  cli = await newCommandLine();
  history = await historyFolder({ ...texts, ...unreadable, "notes.txt": "not a history file" });
  first = await cli.backstory(["import", history.folder, "--project", "app", "--name", "The app"]);
  stored = await readSessions();
});
afterAll(async () => {
  await history.remove();
  await cli.remove();
});

/** Every session of the database, by its Markdown. */
function readSessions(): Promise<ReadonlyMap<string, Stored>> {
  return asOwner(async (principal, services) => {
    const rows = await services.sessions.list(principal, { filters: {}, orderBy: "NAME_ASC" }, { limit: 200, offset: 0 });
    const keys = rows.map(({ key }) => key);
    const markdown = await services.sessions.markdownOf(principal, keys);
    const metadata = new Map((await services.sessions.metadataOf(principal, keys)).map((row) => [row.key, row]));
    return new Map(
      rows.map((row) => [markdown.get(row.key) ?? "", { ...row, ...metadata.get(row.key), markdown: markdown.get(row.key) ?? "" }]),
    );
  });
}

function asOwner<T>(look: (principal: Principal, services: Parameters<Parameters<CommandLine["inside"]>[0]>[0]["services"]) => Promise<T>) {
  return cli.inside(async ({ services }) => {
    const [owner] = await services.users.list();
    return look(
      {
        userId: owner?.id ?? "",
        keyId: "test",
        budgetId: "test",
        kind: "API_KEY",
        scopes: new Set(allScopes),
        expiresAt: null,
        rateLimit: null,
      },
      services,
    );
  });
}

test("On a new database an import makes the first user, shows its key once on stdout, and sums up what it did.", () => {
  expect(first.stdout).toMatch(
    /^\nYour API key: bks_live_\S+\nIt is shown this once and has every scope. Keep it.\n8 imported, 0 replaced, 1 unchanged, 3 failed\n$/,
  );
});

test("An import stores every readable file byte for byte, with its ends of lines, byte order mark and U+0000.", () => {
  expect([...stored.keys()].sort()).toEqual([...new Set(Object.values(texts))].sort());
});

test("Id, agent, times and models of a session come from the file's header and turns.", () => {
  expect(stored.get(texts["plain.md"])).toMatchObject({
    id: uuid(1),
    name: "count the lines",
    agentName: "Claude Code",
    clientName: "specstory",
    llmModels: ["claude-opus-4-6"],
    createdAt: new Date("2026-03-01T10:00:00Z"),
    startedAt: new Date("2026-03-01T10:00:00Z"),
    endedAt: new Date("2026-03-01T10:00:05Z"),
  });
});

test("Other agents' headers are read as they write them: a name in lower case, an id in upper case, minutes only, local time.", () => {
  expect(stored.get(texts["cursor.md"])).toMatchObject({
    id: uuid(5),
    name: "Bunch of updates",
    agentName: "cursor",
    llmModels: ["claude-4.5-opus"],
    createdAt: new Date("2025-12-02T12:49:00Z"),
  });
  expect(stored.get(texts["local.md"])).toMatchObject({
    agentName: "Codex CLI",
    createdAt: new Date("2025-11-14T04:12:14Z"),
    startedAt: new Date("2025-11-14T04:12:14Z"),
  });
});

test("What cannot be read is reported on stderr with path and reason, without escape codes, and the exit code is 1.", () => {
  expect(first.code).toBe(1);
  expect(first.stderr.split("\n")).toEqual([
    `${history.folder}/latin.md: not UTF-8 text`,
    expect.stringContaining(`${history.folder}/readme.md: no session header`),
    `${history.folder}/short-id.md: the session id abc123 in its header is not a UUID`,
    "Not everything could be imported into the project app",
    "",
  ]);
});

test("Of several texts of one session the longest has its id, and another one has a derived UUID; equal texts are one session.", () => {
  expect(stored.get(texts["version-long.md"])?.id).toBe(uuid(7));
  // RFC 9562, version 5, of the namespace 00000000-0000-4000-8000-000000000007 and the name of the first file with the text.
  expect(stored.get(texts["version-short.md"])?.id).toBe("dd2cf32d-0403-563b-a672-a5953280c3a0");
});

test("A second import changes nothing: no text, no tag, no time.", async () => {
  const again = await cli.backstory(["import", history.folder, "--project", "app"]);

  expect(again.stdout).toBe("0 imported, 0 replaced, 9 unchanged, 3 failed\n");
  expect(await readSessions()).toEqual(stored);
});

test("A file that has grown replaces the text of its session, which keeps its name, creation time, tags and raw data.", async () => {
  await asOwner(async (principal, { sessionWrites }) => {
    const given = {
      id: uuid(1),
      projectId: "app",
      name: "My name for it",
      markdown: LongText.from(plain),
      rawData: LongText.from("{}\n"),
      metadata: { tags: ["kept"], deviceId: "laptop" },
    };
    await sessionWrites.save(principal, given);
  });
  const grown = conversation({ id: uuid(1), more: ["_**Agent (gpt-6 2026-03-01 11:00:00Z)**_", "", "More."] });
  const alone = await historyFolder({ "plain.md": grown });

  const { code, stdout } = await cli.backstory(["import", alone.folder, "--project", "app"]);

  expect({ code, stdout }).toEqual({ code: 0, stdout: "0 imported, 1 replaced, 0 unchanged, 0 failed\n" });
  expect((await readSessions()).get(grown)).toMatchObject({
    id: uuid(1),
    name: "My name for it",
    tags: ["kept"],
    deviceId: "laptop",
    rawDataSize: 3,
    createdAt: new Date("2026-03-01T10:00:00Z"),
    endedAt: new Date("2026-03-01T11:00:00Z"),
    llmModels: ["claude-opus-4-6", "gpt-6"],
  });
  await alone.remove();
});

test("A file whose turns tell no times leaves its session the start and the end that it has.", async () => {
  const span = { startedAt: new Date("2026-04-01T08:00:00Z"), endedAt: new Date("2026-04-01T09:00:00Z") };
  await asOwner((principal, { sessionWrites }) =>
    sessionWrites.save(principal, { id: uuid(10), projectId: "app", name: "Timed", markdown: LongText.from("An older text"), ...span }),
  );
  const timeless = `<!-- cursor Session ${uuid(10)} (2025-12-02 12:49Z) -->\n\n_**User**_\n\nhi\n\n_**Agent**_\n\nhello\n`;
  const alone = await historyFolder({ "timeless.md": timeless });

  const { stdout } = await cli.backstory(["import", alone.folder, "--project", "app"]);

  expect(stdout).toBe("0 imported, 1 replaced, 0 unchanged, 0 failed\n");
  expect((await readSessions()).get(timeless)).toMatchObject({ id: uuid(10), name: "Timed", ...span });
  await alone.remove();
});

test("A session that another project of the owner has is reported, and the rest is imported into the project named after the folder.", async () => {
  const other = await historyFolder({ "taken.md": conversation({ id: uuid(2) }), "new.md": conversation({ id: uuid(9) }) });

  const { code, stdout, stderr } = await cli.backstory(["import", other.folder]);

  expect({ code, stdout }).toEqual({ code: 1, stdout: "1 imported, 0 replaced, 0 unchanged, 1 failed\n" });
  expect(stderr).toContain(`taken.md: The project app already has a session with the id ${uuid(2)}`);
  const projects = await asOwner((principal, services) => services.projects.list(principal, { limit: 200, offset: 0 }));
  const folderName = other.folder.split("/").at(-1);
  expect(projects.map(({ id, name }) => ({ id, name }))).toEqual([
    { id: folderName, name: folderName },
    { id: "app", name: "The app" },
  ]);
  await other.remove();
});

test("A folder without history files is no failure, one that is not there is.", async () => {
  const empty = await historyFolder({});

  const none = await cli.backstory(["import", empty.folder]);
  const missing = await cli.backstory(["import", `${empty.folder}/none`]);

  expect(none).toEqual({
    code: 0,
    stdout: "0 imported, 0 replaced, 0 unchanged, 0 failed\n",
    stderr: `There are no .md files in ${empty.folder}\n`,
  });
  expect(missing).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(/none cannot be read: ENOENT[^\n]*\n$/) });
  await empty.remove();
});

test("A text of millions of characters is imported whole, is unchanged the next time, and keeps its long raw data when it has grown.", async () => {
  const said = longText("🦕\u0001\uFEFF");
  const text = conversation({ id: uuid(20), said });
  const grown = conversation({ id: uuid(20), said, more: ["_**Agent (gpt-6 2026-03-01 11:00:00Z)**_", "", "More."] });
  const alone = await historyFolder({ "long.md": text });
  const imported = async () => (await cli.backstory(["import", alone.folder, "--project", "app"])).stdout;

  expect(await imported()).toBe("1 imported, 0 replaced, 0 unchanged, 0 failed\n");
  expect(await imported()).toBe("0 imported, 0 replaced, 1 unchanged, 0 failed\n");
  await asOwner((principal, { sessionWrites }) => {
    const [markdown, rawData] = [LongText.from(text), LongText.from(said)];
    return sessionWrites.save(principal, { id: uuid(20), projectId: "app", name: "Long", markdown, rawData });
  });
  await alone.write("long.md", grown);
  expect(await imported()).toBe("0 imported, 1 replaced, 0 unchanged, 0 failed\n");
  const { markdown, rawDataSize } = await asOwner(async (principal, { sessions }) => {
    const { key, rawDataSize } = await sessions.get(principal, { id: uuid(20) });
    return { markdown: (await sessions.markdownOf(principal, [key])).get(key), rawDataSize };
  });

  expect([markdown === grown, rawDataSize]).toEqual([true, Buffer.byteLength(said)]);
  await alone.remove();
});

test("With several users an import asks for one, and imports for the one it is given.", async () => {
  const shared = await historyFolder({ "plain.md": plain });
  await cli.backstory(["user", "create", "second@example.com"]);

  const unclear = await cli.backstory(["import", shared.folder, "--project", "app"]);
  const clear = await cli.backstory(["import", shared.folder, "--project", "app", "--user", "Second@example.com"]);

  expect(unclear).toMatchObject({ code: 1, stderr: "There are several users; name one with --user EMAIL\n" });
  expect(clear).toMatchObject({ code: 0, stdout: "1 imported, 0 replaced, 0 unchanged, 0 failed\n", stderr: "" });
  await shared.remove();
});

test("Links and what is no regular file are reported and left out, which is no failure.", async () => {
  const mixed = await historyFolder({ "regular.md": conversation({ id: uuid(13) }), "target.txt": conversation({ id: uuid(11) }) });
  await symlink(join(mixed.folder, "target.txt"), join(mixed.folder, "link.md"));
  await symlink("/dev/zero", join(mixed.folder, "endless.md"));
  await run("mkfifo", [join(mixed.folder, "pipe.md")]);
  const socket = createServer();
  await new Promise<void>((resolve) => socket.listen(join(mixed.folder, "socket.md"), resolve));

  const outcome = await cli.backstory(["import", mixed.folder, "--project", "mixed", "--user", "owner@backstory.local"]);

  socket.close();
  expect(outcome).toEqual({
    code: 0,
    stdout: "1 imported, 0 replaced, 0 unchanged, 0 failed\n",
    stderr: [
      `${mixed.folder}/endless.md: a link, which is not followed\n`,
      `${mixed.folder}/link.md: a link, which is not followed\n`,
      `${mixed.folder}/pipe.md: a FIFO and no regular file\n`,
      `${mixed.folder}/socket.md: a socket and no regular file\n`,
    ].join(""),
  });
  await mixed.remove();
});

test("A file over the upload limit is reported, and the exit code is 1; one that just has the limit is imported.", async () => {
  const limit = 1_000;
  const exact = conversation({ id: uuid(12), said: "." });
  const files = { "exact.md": exact + ".".repeat(limit - exact.length), "large.md": "x".repeat(limit + 1) };
  const sized = await historyFolder(files);

  const args = ["import", sized.folder, "--project", "sized", "--user", "owner@backstory.local"];
  const outcome = await cli.backstory(args, { MAX_UPLOAD_BYTES: String(limit) });

  expect(outcome).toEqual({
    code: 1,
    stdout: "1 imported, 0 replaced, 0 unchanged, 1 failed\n",
    stderr: `${sized.folder}/large.md: larger than 1000 bytes, the limit of MAX_UPLOAD_BYTES\nNot everything could be imported into the project sized\n`,
  });
  await sized.remove();
});
