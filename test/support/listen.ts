import { serve } from "@hono/node-server";
import type { TestServer } from "./server.js";

/** Puts a test server behind a real socket, for clients that speak HTTP themselves. */
export function listen(server: TestServer): Promise<{ url: string; stop: () => Promise<void> }> {
  return new Promise((resolve) => {
    const http = serve({ fetch: (request) => server.fetch(request, "192.0.2.1"), hostname: "127.0.0.1", port: 0 }, ({ port }) => {
      resolve({ url: `http://127.0.0.1:${port}/api/v1/graphql`, stop: () => new Promise((done) => http.close(() => done())) });
    });
  });
}
