import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { save, share, uuid } from "../support/actions.js";
import { putBody, restClient } from "../support/rest.js";
import { startTestServer, type TestServer, type TestUser } from "../support/server.js";

let server: TestServer;
let user: TestUser;
beforeAll(async () => {
  server = await startTestServer({ RATE_LIMIT_REST: "100000/1h" });
  user = await server.addUser();
});
afterAll(() => server.close());

let stored = 0;

/** Stores a session that can be resumed, a second after the one before; gives its id. */
async function store(markdown: string, more: Readonly<Record<string, unknown>> = {}, projectId = "app", key = user.key): Promise<string> {
  server.clock.advance(1_000);
  const id = uuid((stored += 1));
  const body = putBody({ markdown, name: `Session ${stored}`, sessionData: "{}", ...more });
  const { status } = await restClient(server, key).put(`/projects/${projectId}/sessions/${id}`, body);
  expect(status).toBe(201);
  return id;
}

type Found = { readonly id: string; readonly projectName: string; readonly snippet: string; readonly [fact: string]: unknown };

async function search(query: string, projectId?: string | null, key = user.key): Promise<Found[]> {
  const { status, body } = await restClient(server, key).post("/search/resume", { query, projectId });
  expect([status, body.success, Object.keys(body.data)]).toEqual([200, true, ["results"]]);
  return body.data.results;
}

const idsOf = async (...args: Parameters<typeof search>) => (await search(...args)).map(({ id }) => id);

test("A match has the fields of a session in lists, its project's name and a snippet of where it matches.", async () => {
  const id = await store("Why is the vermilion button so slow?", { projectName: "Paint shop", metadata: { tags: ["ui"] } }, "paint");
  const [found, ...others] = await search("vermilion");
  const listed = await restClient(server, user.key).get("/projects/paint/sessions");
  expect(others).toEqual([]);
  expect(found).toEqual({
    ...listed.body.data.sessions[0],
    projectName: "Paint shop",
    snippet: "Why is the \u0002vermilion\u0003 button so slow?",
  });
  expect(found).toMatchObject({ id, clientId: id, projectId: "paint", sessionDataSize: 2, metadata: { tags: ["ui"] } });
});

test("A key without projects:read gets matches without the names of their projects.", async () => {
  const id = await store("A celadon vase", { projectName: "Pottery" }, "pottery");
  const [found] = await search("celadon", null, await server.addKey(user, ["sessions:read"]));
  expect(found).toMatchObject({ id, projectId: "pottery", projectName: null });
});

test("Only sessions with session data are found.", async () => {
  const kept = await store("turquoise one");
  await store("turquoise two", { sessionData: undefined });
  await store("turquoise three", { sessionData: "" });
  expect(await idsOf("turquoise")).toEqual([kept]);
});

test("A search is as one types: the beginning of a word finds it, and its middle does not.", async () => {
  const id = await store("An ultramarine sea");
  for (const typed of ["u", "ultra", "ultramarin", "ultramarine", "ULTRA"]) expect(await idsOf(typed)).toContain(id);
  for (const typed of ["marine", "ltramarine", "ultramarines"]) expect(await idsOf(typed)).not.toContain(id);
});

test("Every term must match, in any order, in the name, the tags or the content.", async () => {
  const id = await store("about indigo", { name: "Celadon report", metadata: { tags: ["mauve"] } });
  await store("about indigo alone");
  expect(await idsOf("indi mau cel")).toEqual([id]);
  expect(await idsOf("indigo celadon absent")).toEqual([]);
});

test("A phrase in quotes is found where its words stand together, the last of them only begun.", async () => {
  const id = await store("the burnt umber wall");
  await store("umber that was burnt, then umber again");
  expect(await idsOf('"burnt umb"')).toEqual([id]);
  expect(await idsOf('"burnt umb')).toEqual([id]);
  expect(await idsOf('"umber burnt"')).toEqual([]);
  expect(await idsOf('wall "burnt umber"')).toEqual([id]);
  expect(await idsOf('"bur umber"')).toEqual([]);
});

test("A path or an identifier is found by its parts in their order.", async () => {
  const id = await store("see src/ochre/palette_mixer.ts:12 for it");
  for (const typed of ["src/ochre/pal", "palette_mix", "ochre palette", "palette_mixer.ts"]) expect(await idsOf(typed)).toEqual([id]);
  expect(await idsOf("mixer_palette")).toEqual([]);
});

test.each([
  ["upper case", "MAGENTA", "magenta"],
  ["a composed accent", "café crème", "cafe\u0301 cre\u0300me"],
  ["a decomposed accent", "cafe\u0301 noir", "café noir"],
  ["upper case with an accent", "ÉCARLATE", "écarlate"],
  ["Cyrillic", "СИНИЙ", "синий"],
  ["Greek, whose last letter has two small forms", "ΘΑΛΑΣΣΙΟΣ", "ΘΑΛΑΣΣΙΟΣ"],
  ["Turkish, whose capital I has a dot", "İNDİGO", "İNDİGO"],
])("Case and the way an accent is written make no difference: %s.", async (_what, typed, written) => {
  const id = await store(`A ${written} thing`);
  const [found] = await search(typed);
  expect(found?.id).toBe(id);
  const [word] = written.normalize().toLowerCase().split(" ");
  expect(found?.snippet.normalize().toLowerCase()).toContain(`\u0002${word}\u0003`);
});

test("The newest session comes first.", async () => {
  const ids = [await store("saffron a"), await store("saffron saffron saffron b"), await store("c saffron", { name: "Saffron" })];
  expect(await idsOf("saffron")).toEqual(ids.reverse());
});

test("A snippet marks every word that begins as a term does, on one line, around the first match of a long text.", async () => {
  await store(
    `${"filler words ".repeat(5_000)}\n\n# A\tcobalt\r\nsky, cobalts, **Cobalt** \u0002and\u0003 no acobalt${" more".repeat(1_000)}`,
  );
  const [found] = await search("cobalt sk");
  const snippet = found?.snippet ?? "";
  expect(snippet).toContain("# A \u0002cobalt\u0003 \u0002sky\u0003, \u0002cobalts\u0003, **\u0002Cobalt\u0003** and no acobalt more");
  expect(snippet.length).toBeLessThan(400);
  expect(snippet).not.toMatch(/[\r\n\t\0]/);
});

test("The snippet shows the match in a long text even if its accents are written another way.", async () => {
  await store(`${"filler words ".repeat(1_000)} a ce\u0301rule\u0301en sky`);
  expect((await search("céruléen"))[0]?.snippet.normalize()).toContain("a \u0002céruléen\u0003 sky");
});

test("What matches by its name alone shows the beginning of its content.", async () => {
  await store("First words of it", { name: "Heliotrope" });
  expect((await search("heliot"))[0]?.snippet).toBe("First words of it");
  await store("", { name: "Amaranth" });
  expect((await search("amaranth"))[0]?.snippet).toBe("");
});

test("A projectId narrows the search to one project, and null or none to no project.", async () => {
  const here = await store("crimson here", {}, "red");
  const there = await store("crimson there", {}, "other");
  expect(await idsOf("crimson", "red")).toEqual([here]);
  expect(await idsOf("crimson", null)).toEqual([there, here]);
  expect(await idsOf("crimson")).toEqual([there, here]);
  expect(await idsOf("crimson", "none")).toEqual([]);
});

test("What belongs to others is not found, and what they share is, under the own project of an id first.", async () => {
  const other = await server.addUser();
  await store("viridian of another", {}, "theirs", other.key);
  const shared = await store("viridian shared", {}, "shared", other.key);
  await share(server, other.key, "shared", user.email, "VIEWER");
  const own = await store("viridian of mine", {}, "theirs");
  expect(await idsOf("viridian")).toEqual([own, shared]);
  expect(await idsOf("viridian", "theirs")).toEqual([own]);
  expect(await idsOf("viridian", "shared")).toEqual([shared]);
  await store("viridian hidden", {}, "foreign", other.key);
  expect(await idsOf("viridian", "foreign")).toEqual([]);
});

test.each(["", " ", "\n\t", '""', '"', "---", "!!!", "()&|:*", "\\", "'", "😀", "🎨🖌️"])(
  "Nothing matches a query without words: %j.",
  async (query) => {
    expect(await search(query)).toEqual([]);
  },
);

test("All matches come, however many there are.", async () => {
  const { key } = await server.addUser();
  const all = Array.from({ length: 130 }, (_, index) => index);
  for (const index of all) {
    if (index % 3 === 0) server.clock.advance(1); // so that some are as old as others
    await save(server, key, { id: uuid(10_000 + index), markdown: `chartreuse number ${index}`, sessionData: "{}" });
  }
  const found = await search("chartr", null, key);
  expect(new Set(found.map(({ id }) => id)).size).toBe(130);
  expect(found.map(({ createdAt }) => createdAt)).toEqual(found.map(({ createdAt }) => createdAt).sort().reverse()); // prettier-ignore
});

test.each([
  ["tsquery", "sienna & !(x | y) <-> z:*ABCD <2> :a"],
  ["a half of tsquery", "sienna &"],
  ["a word for each operator", "sienna or and not -x"],
  ["quotes", `sienna '' ' "" " \`"'`],
  ["backslashes", "sienna \\ \\\\ \\' \\0 \\u0000 C:\\temp"],
  ["a regular expression", "sienna [[:alnum:]] (?<!a) .*+?{2,1} $^ |"],
  ["LIKE", "sienna %_%"],
  ["SQL", `sienna'); DROP TABLE "Session"; --`],
  ["numbers", "sienna 1e5 0x1F -7 3.14 1_000"],
  ["addresses", "sienna https://a.example/b?c=d#e x@y.example ../../etc"],
  ["emoji", "sienna 😀 👩‍👩‍👧‍👦 🇩🇪"],
  ["many scripts", "sienna 日本語 العربية हिन्दी ไทย İstanbul ß ﬁ ǅ"],
  ["odd spaces", "sienna\u00a0x\u2003y\u200bz\u2028"],
  ["non-characters", "sienna \uffff \u0001 \u001b[31m \u007f"],
  ["a long word", "s".repeat(1_000)],
  ["a long word of wide letters", `a${"𝐀".repeat(499)}`],
  ["a long word that grows in lower case", "İ".repeat(1_000)],
  ["five hundred words", "a ".repeat(500)],
  ["five hundred phrases", '""a'.repeat(333)],
  ["a long phrase", `"${"ab ".repeat(330)}"`],
])("Whatever is typed is searched for and raises no error: %s.", async (_what, query) => {
  await store("burnt sienna");
  expect(Array.isArray(await search(query))).toBe(true);
});

test("Signs beside the words are not in the way of finding them.", async () => {
  const id = await store("the gamboge & its 'friends' (x)");
  for (const typed of ["gamboge!", "(gamboge & friends)", "gamboge 😀", "'gamb", "\\gamboge\\", "gamboge:*"]) {
    expect(await idsOf(typed)).toEqual([id]);
  }
});

test.each([
  ["no query", {}, "MISSING_REQUIRED_FIELD"],
  ["null for a query", { query: null }, "INVALID_FORMAT"],
  ["a query of another type", { query: ["x"] }, "INVALID_FORMAT"],
  ["U+0000", { query: "a\u0000b" }, "INVALID_PARAMETER"],
  ["half of a surrogate pair", { query: "a\ud83d" }, "INVALID_PARAMETER"],
  ["1001 characters", { query: "x".repeat(1_001) }, "INVALID_PARAMETER"],
])("A body with %s is 400 and names the query.", async (_what, body, code) => {
  const answer = await restClient(server, user.key).post("/search/resume", body);
  expect([answer.status, answer.body.error.code]).toEqual([400, code]);
  expect(answer.body.error.details.fields).toMatchObject([{ path: ["query"], reason: code }]);
});

test("A query and a projectId that are both bad are named together, and unknown fields are ignored.", async () => {
  const client = restClient(server, user.key);
  const { status, body } = await client.post("/search/resume", { query: 1, projectId: 2, newer: true });
  expect(status).toBe(400);
  expect(body.error.details.fields).toMatchObject([{ path: ["query"] }, { path: ["projectId"] }]);
  expect((await client.post("/search/resume", { query: "x", newer: true })).status).toBe(200);
});
