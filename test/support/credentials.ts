import { change, mutate, read } from "./actions.js";
import { restClient } from "./rest.js";
import type { TestServer } from "./server.js";

export type MadeKey = { readonly id: string; readonly key: string };

/** Makes keys, devices and access tokens as clients do, and looks whether they work. */
export function credentialsOf(server: TestServer) {
  const post = (path: string, token: string) =>
    server.send(`/api/v1${path}`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  const createKey = (key: string, input: Readonly<Record<string, unknown>> = {}) =>
    mutate(server, key, "createApiKey", { name: "child", scopes: ["PROJECTS_READ", "KEYS_MANAGE"], ...input }, "key apiKey { id }");
  const createCode = async (key: string): Promise<string> =>
    (await read(server, key, "mutation { createDeviceCode { code } }")).createDeviceCode.code;
  const logIn = (code: string) => restClient(server, null).post("/device-login", { device_code: code });

  return {
    createKey,
    createCode,
    logIn,

    /** Makes a key with another, which must succeed. */
    async addKey(key: string, input: Readonly<Record<string, unknown>> = {}): Promise<MadeKey> {
      const whole = { name: "child", scopes: ["PROJECTS_READ", "KEYS_MANAGE"], ...input };
      const { key: text, apiKey } = await change(server, key, "createApiKey", whole, "key apiKey { id }");
      return { id: apiKey.id, key: text };
    },

    /** Signs a device in with a code of the key, and gives its refresh token. */
    addDevice: async (key: string): Promise<string> => (await logIn(await createCode(key))).body.refreshToken,
    addAccessToken: async (token: string): Promise<string> => (await post("/device-refresh", token)).body.accessToken,
    signOut: (token: string) => post("/device-logout", token),
    revoke: (key: string, id: string) => change(server, key, "revokeApiKey", { id }, "apiKey { id revokedAt }"),

    /** Tells whether a key or an access token works, on both surfaces. */
    async works(token: string): Promise<boolean> {
      const statuses = [
        (await restClient(server, token).get("/projects")).status,
        (await server.query(token, "{ projects { id } }")).status,
      ];
      if (statuses[0] !== statuses[1]) throw new Error(`The surfaces differ: ${statuses.join()}`);
      return statuses[0] === 200;
    },

    /** Tells whether a refresh token works. */
    refreshes: async (token: string): Promise<boolean> => (await post("/device-refresh", token)).status === 200,
  };
}
