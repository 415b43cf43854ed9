import { expect } from "@jest/globals";
import { inBrowser, visit } from "../support/browser.js";

const KEY = "bks_live_a_key_for_the_browser_1";

inBrowser(
  "GraphiQL loads from this server alone, takes a key, completes a field, and shows a partial-data answer (needs CHROMIUM_PATH).",
  async () => {
    const seen = await visit("/api/v1/graphql", KEY, async (page) => {
      await page.fill("#api-key", KEY);
      await page.click(".graphiql-execute-button");
      await page.getByText("PartialData", { exact: true }).last().click();
      const answer = page.locator(".graphiql-response", { hasText: "no-such-project" });
      await answer.waitFor();

      const text = (await answer.innerText()).replace(/\s+/g, " ");
      expect(text).toMatch(/"projects": \[\], "project": null, .*"code": "NOT_FOUND"/);

      // The editor's workers and styles are what a policy breaks first.
      await page.locator(".graphiql-query-editor .view-line", { hasText: "id" }).first().click();
      await page.keyboard.press("End");
      await page.keyboard.type(" own");
      await page.locator(".suggest-widget", { hasText: "ownerId" }).waitFor();
    });

    expect(seen).toEqual({ elsewhere: [], violations: [] });
  },
);
