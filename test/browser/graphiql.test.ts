import { expect } from "@jest/globals";
import { inBrowser, visit } from "../support/browser.js";

const KEY = "bks_live_browser_key";

inBrowser("GraphiQL loads from this server alone, takes a key, and shows a partial-data answer (needs CHROMIUM_PATH).", async () => {
  const elsewhere = await visit("/api/v1/graphql", KEY, async (page) => {
    await page.fill("#api-key", KEY);
    await page.click(".graphiql-execute-button");
    await page.getByText("PartialData", { exact: true }).last().click();
    const answer = page.locator(".graphiql-response", { hasText: "no-such-project" });
    await answer.waitFor();

    const text = (await answer.innerText()).replace(/\s+/g, " ");
    expect(text).toMatch(/"projects": \[\], "project": null, .*"code": "NOT_FOUND"/);
  });

  expect(elsewhere).toEqual([]);
});
