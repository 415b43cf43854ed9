import type { Project } from "../../db/generated/prisma/client.js";
import { createRowCodec } from "../../db/row-codec.js";

/** Reads the rows of the table called p. */
export const projectRow = createRowCodec<Project>("p", {
  key: "bigint",
  ownerId: "plain",
  id: "plain",
  name: "plain",
  icon: "plain",
  color: "plain",
  createdAt: "time",
  updatedAt: "time",
  lastActivity: "time",
  sessionCount: "plain",
});
