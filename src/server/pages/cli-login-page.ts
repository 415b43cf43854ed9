import { GRAPHQL_PATH } from "../../core/request/paths.js";
import { pageHeaders } from "../../core/request/security-headers.js";

/** Asks the server for a code with the key that was pasted. The key stays in the browser's tab, as in GraphiQL. */
const SCRIPT = `
const form = document.querySelector("form"), input = document.querySelector("input"), output = document.querySelector("output");
input.value = sessionStorage.getItem("backstory-api-key") ?? "";
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  output.className = "";
  output.textContent = "…";
  try {
    const answer = await fetch("${GRAPHQL_PATH}", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer " + input.value.trim() },
      body: JSON.stringify({ query: "mutation { createDeviceCode { code expiresAt } }" }),
    });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(errors[0].message);
    sessionStorage.setItem("backstory-api-key", input.value.trim());
    output.className = "code";
    output.textContent = data.createDeviceCode.code.replace(/^(...)/, "$1-");
  } catch (error) {
    output.textContent = error.message;
  }
});
`;

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:4rem auto;padding:0 1rem}
label,input,button,output{display:block;margin-top:.75rem}input{width:100%;box-sizing:border-box;padding:.5rem;font:14px ui-monospace,monospace}
button{padding:.5rem 1rem;font:inherit}output{min-height:4rem;margin-top:1.5rem}.code{font:700 3rem ui-monospace,monospace;letter-spacing:.1em}`;

/** The page on which a person gets the code for SpecStory's command line, which opens it. */
export const CLI_LOGIN_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Backstory sign-in</title>
<style>${STYLE}</style></head>
<body><h1>Sign in on the command line</h1>
<p>Paste an API key. You get a code that works once within ten minutes; type it where the command line asks for it.</p>
<form><label for="key">API key</label><input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="bks_live_…" required>
<button>Show a code</button></form>
<output aria-live="polite"></output>
<script>${SCRIPT}</script>
</body></html>
`;

export const CLI_LOGIN_HEADERS = pageHeaders(CLI_LOGIN_PAGE, { "connect-src": "'self'" });
