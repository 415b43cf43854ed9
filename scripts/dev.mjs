import { spawn } from "node:child_process";

// `npm run dev`: the compiler watches src/ and writes dist/, and Node.js starts the server again when dist/ changes.
// Settings are those of the environment. Without DRAIN_DELAY_MS a restart would wait a second for a proxy that is not there.

const env = { DRAIN_DELAY_MS: "0", ...process.env };
const run = (/** @type {string[]} */ ...args) => spawn(process.execPath, args, { env, stdio: "inherit" });

const children = [
  run("node_modules/typescript/bin/tsc", "-p", "src/tsconfig.json", "--watch", "--preserveWatchOutput"),
  run("--watch", "--watch-preserve-output", "dist/main.js"),
];

// Ctrl+C reaches all three processes; anything else that ends one of them must end the other.
process.on("SIGINT", () => undefined);
const stop = () => children.forEach((child) => child.kill("SIGTERM"));
process.on("SIGTERM", stop);
for (const child of children) child.once("exit", stop);
