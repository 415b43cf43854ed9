import { builder } from "../../../kits/graphql/builder.js";
import { projectColors, projectIcons } from "../input.js";

export const ProjectType = builder.prismaObject("Project", {
  description: "A project holds the sessions of one code base. Its id is unique among its owner's projects.",
  fields: (t) => ({
    id: t.exposeID("id", { nullable: false, description: "Given by the client that made the project; unique per owner." }),
    ownerId: t.expose("ownerId", { type: "UUID", nullable: false, description: "The user the project belongs to." }),
    name: t.exposeString("name", { nullable: false, description: "The name people see, 1 to 255 characters." }),
    icon: t.exposeString("icon", { nullable: false, description: `The icon it is shown with: ${projectIcons.join(", ")}.` }),
    color: t.exposeString("color", { nullable: false, description: `The colour it is shown in: ${projectColors.join(", ")}.` }),
    createdAt: t.expose("createdAt", { type: "DateTime", nullable: false, description: "When the project was made." }),
    updatedAt: t.expose("updatedAt", { type: "DateTime", nullable: false, description: "When its name, icon or colour last changed." }),
    lastActivity: t.expose("lastActivity", {
      type: "DateTime",
      description: "When a session of it was last stored or deleted; null before the first.",
    }),
    sessionCount: t.exposeInt("sessionCount", { nullable: false, description: "How many sessions it has." }),
    storedBytes: t.field({
      type: "NonNegativeFloat",
      nullable: false,
      description: "Bytes of content that its sessions take of its owner's storage.",
      resolve: ({ storedBytes }) => Number(storedBytes),
    }),
  }),
});
