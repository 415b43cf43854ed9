import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, createProject, save, share, uuid } from "../support/actions.js";
import { namesFound } from "../support/search.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

test("A search finds the own sessions and those of shared projects, and never those of others.", async () => {
  const [user, other] = [await server.addUser(), await server.addUser()];
  await createProject(server, other.key, { id: "shared" });
  await share(server, other.key, "shared", user.email, "VIEWER");
  await save(server, user.key, { name: "own", markdown: "secret" });
  await save(server, other.key, { name: "shared", projectId: "shared", markdown: "secret" });
  await save(server, other.key, { name: "hidden", projectId: "app", markdown: "secret" });
  await save(server, other.key, { name: "secret", projectId: "hidden", metadata: { tags: ["secret"] } });

  expect((await namesFound(server, user.key, "secret")).sort()).toEqual(["own", "shared"]);
  await change(server, other.key, "removeProjectMember", { projectId: "shared", email: user.email }, "projectId");
  expect(await namesFound(server, user.key, "secret")).toEqual(["own"]);
});

test("After a replacement the new words are found and the old ones are not, in name, tags and content; after a deletion none.", async () => {
  const { key } = await server.addUser();
  const found = async () => {
    const words = ["oldname", "oldtag", "oldword", "newname", "newtag", "newword"];
    const hits = await Promise.all(words.map((word) => namesFound(server, key, word)));
    return words.filter((_word, index) => hits[index]?.length === 1);
  };
  await save(server, key, { id: uuid(1), name: "oldname", markdown: "oldword", metadata: { tags: ["oldtag"] } });
  const before = await found();
  await save(server, key, { id: uuid(1), name: "newname", markdown: "newword", metadata: { tags: ["newtag"] } });
  const after = await found();
  await change(server, key, "deleteSession", { id: uuid(1) }, "id");

  expect(before).toEqual(["oldname", "oldtag", "oldword"]);
  expect(after).toEqual(["newname", "newtag", "newword"]);
  expect(await found()).toEqual([]);
});

test("Raw data and session data are not searched.", async () => {
  const { key } = await server.addUser();
  await save(server, key, { markdown: "x", rawData: "rawword", sessionData: "dataword" });

  expect(await namesFound(server, key, "rawword or dataword")).toEqual([]);
});
