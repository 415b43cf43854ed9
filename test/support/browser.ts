import { test } from "@jest/globals";
import { chromium, type Page } from "playwright-core";
import { startBackstory, type RunningServer } from "./process.js";

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

/** Opens a page of a new server and looks at it; returns the addresses elsewhere that it asked for. */
export async function visit(path: string, key: string, look: (page: Page, server: RunningServer) => Promise<void>): Promise<string[]> {
  const server = await startBackstory({ BOOTSTRAP_API_KEY: key });
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage();
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(server.url + path);
    await look(page, server);
    return requested.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url));
  } finally {
    await browser.close();
    await server.stop();
  }
}
