import { expect } from "@jest/globals";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { CLIENT, type TestServer } from "./server.js";

/** The files of an archive (.tar.gz) by their paths. Fails if the archive breaks off, or has a path twice. */
export async function unpack(archive: Uint8Array): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = extract();
  const unzipped = Readable.from([Buffer.from(archive)]).pipe(createGunzip().on("error", (error) => entries.destroy(error)));
  unzipped.pipe(entries);
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk);
    if (files.has(entry.header.name)) throw new Error(`The archive has ${entry.header.name} twice`);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
}

/** Asks for the export of a key's user. */
export function askForExport(server: TestServer, key: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  return server.fetch(new Request("http://backstory.test/api/v1/export", { headers, ...init }), CLIENT);
}

/** The files of the export of a key's user, those of JSON parsed. */
export async function exportOf(server: TestServer, key: string) {
  const answer = await askForExport(server, key);
  expect(answer.status).toBe(200);
  const files = await unpack(new Uint8Array(await answer.arrayBuffer()));
  return {
    paths: [...files.keys()].sort(),
    text: (path: string) => files.get(path)?.toString(),
    bytes: (path: string) => files.get(path),
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into files of every shape
    json: (path: string): any => JSON.parse(files.get(path)?.toString() ?? "null"),
    /** The folder of the project with an id. */
    folderOf(id: string): string {
      const path = [...files.keys()].find((name) => name.endsWith("/project.json") && JSON.parse(String(files.get(name))).id === id);
      return String(path).slice(0, -"/project.json".length);
    },
  };
}
