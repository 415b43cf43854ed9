import { createHash } from "node:crypto";

type Directives = Readonly<Record<string, string>>;

/** What no page here needs: anything from elsewhere, a form that leads away, a frame around it. */
const CLOSED: Directives = { "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'" };

/**
 * What every answer says to a browser, unless it says otherwise itself. An answer that is no page can do nothing even
 * where a browser takes it for one, and what does not say how long it may be kept is not kept.
 */
export const DEFAULT_HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cache-Control": "no-store",
};

/**
 * The headers of a page for people. It may run the scripts and use the styles that stand in it, by their hashes
 * (Content Security Policy Level 3, section 2.3.1), and beyond that what `more` names. Keys are pasted into these pages,
 * so no other site holds a window of theirs, and no address is told where one came from.
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

/** The page is our own text, so that the first end tag is the one of its element, as a browser reads it. */
function hashesOf(element: "script" | "style", html: string): string {
  const contents = [...html.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))].map(([, content = ""]) => content);
  return contents.map((content) => `'sha256-${createHash("sha256").update(content).digest("base64")}'`).join(" ") || "'none'";
}
