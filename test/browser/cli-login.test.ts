import { expect } from "@jest/globals";
import { inBrowser, visit } from "../support/browser.js";

const KEY = "bks_live_a_key_for_the_browser_1";

inBrowser(
  "The sign-in page turns a key into a code that signs a device in, and says why another does not (needs CHROMIUM_PATH).",
  async () => {
    const seen = await visit("/cli-login", KEY, async (page, server) => {
      await page.fill("#key", "no such key");
      await page.click("button");
      await page.getByText("Invalid or expired API key").waitFor();
      await page.fill("#key", KEY);
      await page.click("button");
      const code = await page.locator(".code").innerText();

      const answer = await fetch(`${server.url}/api/v1/device-login`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ device_code: code }),
      });
      expect(await answer.json()).toMatchObject({ success: true, refreshToken: expect.any(String) });
    });

    expect(seen).toEqual({ elsewhere: [], violations: [] });
  },
);
