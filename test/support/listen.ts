import { serve } from "@hono/node-server";
import { CLIENT, type TestServer } from "./server.js";

/** Puts a test server behind a real socket, for clients that speak HTTP themselves. */
export function listen(server: TestServer): Promise<{ url: string; stop: () => Promise<void> }> {
  return new Promise((resolve) => {
    const http = serve({ fetch: (request) => server.fetch(request, CLIENT), hostname: "127.0.0.1", port: 0 }, ({ port }) => {
      resolve({ url: `http://127.0.0.1:${port}/api/v1/graphql`, stop: () => new Promise((done) => http.close(() => done())) });
    });
  });
}
