import { expect } from "@jest/globals";
import { catalogue, type ErrorReason } from "../../src/core/errors/catalogue.js";
import type { Answer } from "./server.js";

/**
 * The first error of a request that was rejected as a whole, after checking what holds for every such answer: no data,
 * and errors that are entries of the catalogue, whole, and name the request.
 */
export function rejectionOf({ status, headers, body }: Answer) {
  expect(body).not.toHaveProperty("data");
  for (const { extensions } of body.errors) {
    const { code, retryable, solution } = catalogue[extensions.reason as ErrorReason];
    const documentationUrl = `http://backstory.test/errors#${code}`;
    expect(extensions).toMatchObject({ code, retryable, solution, documentationUrl, requestId: headers.get("x-request-id") });
  }
  const [{ message, locations, extensions }] = body.errors;
  return { http: status, message, locations, ...extensions };
}
