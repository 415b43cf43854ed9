import { expect, test } from "@jest/globals";
import { chromium } from "playwright-core";
import { startBackstory } from "../support/process.js";

const KEY = "bks_live_browser_key";
const executablePath = process.env.CHROMIUM_PATH;
const inBrowser = executablePath === undefined ? test.skip : test;

/** Without a sandbox, since tests may run as root, and without the browser's own errands to the internet. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

inBrowser("GraphiQL loads from this server alone, takes a key, and shows a partial-data answer (needs CHROMIUM_PATH).", async () => {
  const server = await startBackstory({ BOOTSTRAP_API_KEY: KEY });
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const page = await browser.newPage();
    const requested: string[] = [];
    page.on("request", (request) => requested.push(request.url()));
    await page.goto(`${server.url}/api/v1/graphql`);
    await page.fill("#api-key", KEY);
    await page.click(".graphiql-execute-button");
    await page.getByText("PartialData", { exact: true }).last().click();
    const answer = page.locator(".graphiql-response", { hasText: "no-such-project" });
    await answer.waitFor();

    const text = (await answer.innerText()).replace(/\s+/g, " ");
    expect(text).toMatch(/"projects": \[\], "project": null, .*"code": "NOT_FOUND"/);
    const elsewhere = requested.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url));
    expect(elsewhere).toEqual([]);
  } finally {
    await browser.close();
    await server.stop();
  }
});
