import { expect, test } from "@jest/globals";
import { repeat } from "../../src/platform/repeat.js";
import { save, uuid } from "../support/actions.js";
import { entriesOf } from "../support/audit.js";
import { startTestServer } from "../support/server.js";

const DAY_MS = 86_400_000;

test.each([
  ["10", 9, 3, 0],
  ["10", 11, 3, 2],
  ["0", 5_000, 3, 0],
])("With AUDIT_RETENTION_DAYS=%s entries of %d days ago are gone or not.", async (days, ageDays, made, gone) => {
  const server = await startTestServer({ AUDIT_RETENTION_DAYS: days });
  const owner = await server.addUser();
  await save(server, owner.key, { id: uuid(1), projectId: "app" });
  server.clock.advance(ageDays * DAY_MS);
  await save(server, owner.key, { id: uuid(2), projectId: "app" });
  await server.services.audit.deleteOld();

  expect(await entriesOf(server, owner.key, { projectId: "app" })).toHaveLength(made - gone);
  await server.close();
});

test("Many old entries are deleted a few at a time, by statements of one text.", async () => {
  const server = await startTestServer({ AUDIT_RETENTION_DAYS: "1" });
  const text = `INSERT INTO "AuditEntry" ("at", "action") SELECT '2020-01-01', 'BACKUP_MADE' FROM generate_series(1, 1200)`;
  await server.sql({ text, values: [] });
  const statements = await server.statementsOf(() => server.services.audit.deleteOld());

  expect([statements.length, new Set(statements).size]).toEqual([3, 1]);
  expect(await server.sql({ text: `SELECT 1 FROM "AuditEntry"`, values: [] })).toEqual([]);
  await server.close();
});

test("A cursor of an entry that is kept no longer goes on behind it.", async () => {
  const server = await startTestServer({ AUDIT_RETENTION_DAYS: "1" });
  const owner = await server.addUser();
  for (const number of [1, 2]) {
    await save(server, owner.key, { id: uuid(number), projectId: "app" });
    server.clock.advance(DAY_MS);
  }
  const page = (after: string | null) =>
    server.query(owner.key, `query ($after: String) { auditLog(first: 1, after: $after) { edges { cursor node { action } } } }`, { after });
  const { cursor } = (await page(null)).body.data.auditLog.edges[0];
  await server.sql({ text: `DELETE FROM "AuditEntry" WHERE "sessionId" = '${uuid(2)}'`, values: [] });

  expect((await page(cursor)).body.data.auditLog.edges).toMatchObject([{ node: { action: "SESSION_CREATED" } }]);
  await server.close();
});

test("Work is repeated after each pause, a failure is reported and does not end it, and stopping waits for what runs.", async () => {
  const pauses: number[] = [];
  const errors: unknown[] = [];
  const wakers: (() => void)[] = [];
  let runs = 0;
  const clock = {
    wait: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        pauses.push(ms);
        wakers.push(resolve);
        signal?.addEventListener("abort", () => reject(new Error("stopped")));
      }),
  };
  const stop = repeat({
    ...{ clock, firstPauseMs: 1, pauseMs: 2 },
    work: () => ((runs += 1) === 1 ? Promise.reject(new Error("once")) : Promise.resolve()),
    onError: (error) => errors.push(error),
  });
  for (let wakened = 0; wakened < 2; wakened += 1) {
    wakers.shift()?.();
    await new Promise(setImmediate);
  }
  await stop();

  expect([runs, pauses, errors]).toEqual([2, [1, 2, 2], [new Error("once")]]);
});
