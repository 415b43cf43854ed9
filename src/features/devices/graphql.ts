import { builder } from "../../kits/graphql/builder.js";
import { caller } from "../../kits/graphql/context.js";
import type { DeviceCode } from "./device-codes.js";

const CreateDeviceCodePayload = builder.objectRef<DeviceCode>("CreateDeviceCodePayload").implement({
  description: "A code for a command-line client to sign in with.",
  fields: (t) => ({
    code: t.exposeString("code", { nullable: false, description: "Six letters and digits. It works once." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: false,
      description: "When it stops working, ten minutes after it was made.",
    }),
  }),
});

builder.mutationField("createDeviceCode", (t) =>
  t.field({
    type: CreateDeviceCodePayload,
    description:
      "Makes a code that a command-line client exchanges for tokens with the scopes of this key, less admin. The device is a child of this key: it ends with it, and shares its budgets. Only an API key itself makes codes, no device and no access token.",
    resolve: (_root, _args, context) => context.services.devices.createAs(caller(context)),
  }),
);
