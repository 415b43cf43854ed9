import { openListener } from "../../src/server/http/listener.js";
import type { TestServer } from "./server.js";

/** Puts a test server behind a real socket, for clients that speak HTTP themselves. */
export async function listen({ server, config, logger }: TestServer): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const { port, close } = await openListener({ server, logger, openFilesLimit: 20_000, config: { ...config, host: "127.0.0.1", port: 0 } });
  return { url: `http://127.0.0.1:${port}/api/v1/graphql`, stop: () => close(0) };
}
