import { z } from "zod";
import { json } from "../../kits/rest/answer.js";
import { defineRoute } from "../../kits/rest/route.js";
import { done, isoTime } from "../../kits/rest/shapes.js";
import { signInBody, toDeviceName } from "./input.js";

const lifetime = { createdAt: isoTime, expiresAt: isoTime };

export const deviceRoutes = [
  defineRoute({
    method: "POST",
    path: "/device-login",
    summary: "Exchange a device code for a refresh token",
    access: "code",
    body: signInBody,
    answers: {
      200: {
        description: "The refresh token, which is shown this once",
        content: {
          "application/json": done.extend({ refreshToken: z.string(), ...lifetime, user: z.object({ email: z.string() }) }),
        },
      },
    },
    async handle({ body, services }) {
      const { text, email, createdAt, expiresAt } = await services.devices.signIn(body.device_code, toDeviceName(body));
      return json({ success: true, refreshToken: text, ...toLifetime({ createdAt, expiresAt }), user: { email } });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/device-refresh",
    summary: "Exchange a refresh token, or an API key, for an access token",
    access: "refresh",
    answers: {
      200: { description: "The access token", content: { "application/json": done.extend({ accessToken: z.string(), ...lifetime }) } },
    },
    async handle({ principal, services }) {
      const { text, ...token } = await services.devices.refresh(principal);
      return json({ success: true, accessToken: text, ...toLifetime(token) });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/device-logout",
    summary: "Revoke a refresh token and its access tokens; of an API key, which stays, its access tokens",
    access: "refresh",
    answers: { 200: { description: "They stop working at once", content: { "application/json": done } } },
    async handle({ principal, services }) {
      await services.devices.signOut(principal);
      return json({ success: true });
    },
  }),
];

function toLifetime({ createdAt, expiresAt }: { readonly createdAt: Date; readonly expiresAt: Date }) {
  return { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}
