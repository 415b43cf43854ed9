import { catalogue, errorCodes, errorReasons, type ErrorReason } from "../../core/errors/catalogue.js";

/** Renders the error reference as one page with a section for each code. `documentationUrl` of every error points into it. */
export function renderErrorReference(): string {
  const sections = errorCodes.map((code) => {
    const reasons = errorReasons.filter((reason) => catalogue[reason].code === code);
    return `<section id="${code}"><h2>${code}</h2>${reasons.map(renderReason).join("")}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Backstory errors</title>
<style>${STYLE}</style></head>
<body><h1>Errors</h1>
<p>Every failure is one entry of this catalogue. In GraphQL, <code>extensions.code</code> is the heading and <code>extensions.reason</code> the name below it.</p>
<nav>${errorCodes.map((code) => `<a href="#${code}">${code}</a>`).join(" ")}</nav>
${sections.join("\n")}
</body></html>
`;
}

function renderReason(reason: ErrorReason): string {
  const { httpStatus, retryable, description, solution } = catalogue[reason];
  return `<article id="${reason}"><h3>${reason}</h3><p class="facts">HTTP ${httpStatus} · ${retryable ? "may be retried" : "retrying will not help"}</p>
<p>${escape(description)}</p><p><strong>What to do:</strong> ${escape(solution)}</p></article>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
nav a{display:inline-block;margin:0 .75rem .25rem 0}h2{margin-top:2.5rem;border-bottom:1px solid #8886}h3{margin-bottom:0}
code,h2,h3{font-family:ui-monospace,monospace}.facts{margin-top:0;opacity:.7}:target{outline:2px solid #58a6ff;outline-offset:.5rem}`;
