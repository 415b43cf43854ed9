import { test } from "@jest/globals";
import { chromium, type Page } from "playwright-core";
import { startBackstory, type Backstory } from "./cli.js";

const executablePath = process.env.CHROMIUM_PATH;

/** A test in a browser, skipped where none is named; its title has to say that it needs CHROMIUM_PATH. */
export const inBrowser = executablePath === undefined ? test.skip : test;

/** Without a sandbox, since tests may run as root, and without the browser's own errands to the internet. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a visit showed of a page: the addresses elsewhere that it asked for, and what its own policy kept it from. */
export type Visit = { readonly elsewhere: readonly string[]; readonly violations: readonly string[] };

/** Opens a page of a new server and looks at it. */
export async function visit(path: string, key: string, look: (page: Page, server: Backstory) => Promise<void>): Promise<Visit> {
  const server = await startBackstory({ BOOTSTRAP_API_KEY: key });
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage();
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await page.goto(server.url + path);
    await look(page, server);
    return {
      elsewhere: requested.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url)),
      violations: said.filter((text) => text.includes("Content Security Policy")),
    };
  } finally {
    await browser.close();
    await server.stop();
  }
}
