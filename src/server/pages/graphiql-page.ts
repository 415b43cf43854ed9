import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { chooseMediaType } from "../../core/request/accept.js";
import { GRAPHIQL_EXAMPLES } from "./graphiql-examples.js";
import { pageHeaders } from "../../core/request/security-headers.js";

type Page = {
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
};

/** The page's needs beyond its own scripts: it calls this server, and its editor has a font, and makes styles and workers at run time. */
const NEEDS = { "connect-src": "'self'", "img-src": "data:", "font-src": "data:", "style-src": "'unsafe-inline'", "worker-src": "blob:" };

/** Tells whether a browser asks for the page. Every other request to the path is a GraphQL request. */
export function wantsGraphiQL({ method, headers }: Request): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  return chooseMediaType(headers.get("accept"), ["application/json", "application/graphql-response+json", "text/html"]) === "text/html";
}

/**
 * Makes GraphiQL as one page that loads nothing from elsewhere, with a field for the API key and example queries. Its script
 * has some megabytes, so the page is made on the first request, and is sent compressed.
 */
export function createGraphiQLPage(): (request: Request) => Promise<Response> {
  let page: Promise<Page> | undefined;
  return async (request) => {
    page ??= renderPage();
    const { plain, gzipped, headers } = await page;
    const isCompressed = (request.headers.get("accept-encoding") ?? "").includes("gzip");
    return new Response(isCompressed ? gzipped : plain, {
      headers: {
        ...headers,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "private, max-age=3600",
        Vary: "Accept, Accept-Encoding",
        ...(isCompressed ? { "Content-Encoding": "gzip" } : {}),
      },
    });
  };
}

async function renderPage(): Promise<Page> {
  const { renderGraphiQL } = await import("@graphql-yoga/render-graphiql");
  const html = renderGraphiQL({ title: "Backstory GraphiQL", defaultQuery: GRAPHIQL_EXAMPLES, defaultEditorToolsVisibility: false });
  const whole = html.replace('<div id="root"></div>', () => KEY_FORM);
  const plain = new TextEncoder().encode(whole);
  return { plain, gzipped: new Uint8Array(await promisify(gzip)(plain)), headers: pageHeaders(whole, NEEDS) };
}

/** The key stays in the browser's tab. Every request sends it, unless the tab's headers name another one. */
const KEY_FORM = `<style>
  body { display: flex; flex-direction: column; height: 100vh; margin: 0 }
  #key-form { display: flex; gap: 0.75rem; align-items: center; padding: 0.5rem 1rem; font: 14px system-ui, sans-serif; background: #1f2430; color: #fff }
  #key-form input { flex: 0 1 30rem; padding: 0.3rem 0.5rem; font: 13px ui-monospace, monospace; border: 1px solid #667; border-radius: 4px; background: #11151c; color: #fff }
  #key-form output { opacity: 0.8 }
  #root { flex: 1; min-height: 0 }
  #root .graphiql-container { height: 100% }
</style>
<form id="key-form"><label for="api-key">API key</label>
  <input id="api-key" type="password" autocomplete="off" spellcheck="false" placeholder="bks_live_…">
  <output></output></form>
<div id="root"></div>
<script>
  {
    const input = document.getElementById("api-key");
    const say = () => (document.querySelector("#key-form output").textContent = input.value ? "sent with every request from this tab" : "paste a key to read your data; the schema needs none");
    input.value = sessionStorage.getItem("backstory-api-key") ?? "";
    input.addEventListener("input", () => (sessionStorage.setItem("backstory-api-key", input.value.trim()), say()));
    document.getElementById("key-form").addEventListener("submit", (event) => event.preventDefault());
    say();
    const send = window.fetch;
    window.fetch = (target, options = {}) => {
      const headers = new Headers(options.headers);
      const key = input.value.trim();
      if (key && !headers.has("authorization")) headers.set("authorization", "Bearer " + key);
      return send(target, { ...options, headers });
    };
  }
</script>`;
