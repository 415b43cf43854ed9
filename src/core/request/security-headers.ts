import { createHash } from "node:crypto";

type Directives = Readonly<Record<string, string>>;

/** Forbids what no page of this server needs: resources from elsewhere, forms that lead away, frames around the page. */
const CLOSED: Directives = { "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'" };

/**
 * The security headers of every answer that does not set its own. If a browser takes JSON for a page, the page can do
 * nothing. Nothing is cached unless the answer itself says for how long.
 */
export const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
};

/**
 * Makes the headers of an HTML page. It may run its own inline scripts and use its own inline styles, by their hashes
 * (Content Security Policy Level 3, section 2.3.1), and what `more` allows. People paste keys into these pages, so that no
 * other site may hold a window of the page, and the page sends no Referer.
 */
export function pageHeaders(html: string, more: Directives = {}): Readonly<Record<string, string>> {
  const policy = { ...CLOSED, "script-src": hashesOf("script", html), "style-src": hashesOf("style", html), ...more };
  return {
    "Content-Security-Policy": Object.entries(policy)
      .map(([name, sources]) => `${name} ${sources}`)
      .join("; "),
    "X-Frame-Options": "DENY", // for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
  };
}

/** Lists the hashes of the inline elements. The page is our own text, so that an element ends at the first end tag, as in a browser. */
function hashesOf(element: "script" | "style", html: string): string {
  const contents = [...html.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))].map(([, content = ""]) => content);
  return contents.map((content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`).join(" ") || "'none'";
}
