import { createDeviceCodes } from "./device-codes.js";
import { createDeviceTokens } from "./device-tokens.js";
import { createSignIn } from "./sign-in.js";

type Dependencies = Parameters<typeof createDeviceCodes>[0] & Parameters<typeof createDeviceTokens>[0] & Parameters<typeof createSignIn>[0];

/** Signs command-line clients in: a client exchanges a code for a refresh token, and the refresh token for access tokens. */
export function createDeviceService(dependencies: Dependencies) {
  return { ...createDeviceCodes(dependencies), ...createSignIn(dependencies), ...createDeviceTokens(dependencies) };
}
