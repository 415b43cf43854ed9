import { z } from "zod";
import type { Project } from "../../db/generated/prisma/client.js";
import { isoTime } from "../../kits/rest/shapes.js";

/** A project in REST answers. */
export const projectShape = z.object({
  id: z.string(),
  ownerId: z.uuid(),
  name: z.string(),
  icon: z.string(),
  color: z.string(),
  createdAt: isoTime,
  updatedAt: isoTime,
});

export const listedProjectShape = projectShape.extend({
  sessionCount: z.int(),
  storedBytes: z.int().describe("Bytes of the content of its sessions"),
  lastUpdated: isoTime,
});

export function toProject({ id, ownerId, name, icon, color, createdAt, updatedAt }: Project): z.output<typeof projectShape> {
  return { id, ownerId, name, icon, color, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** Converts a project of a list, which also has the number and the bytes of its sessions, and the time of the last change. */
export function toListedProject(project: Project): z.output<typeof listedProjectShape> {
  const { lastActivity, updatedAt, sessionCount, storedBytes } = project;
  const lastUpdated = (lastActivity !== null && lastActivity > updatedAt ? lastActivity : updatedAt).toISOString();
  return { ...toProject(project), sessionCount, storedBytes: Number(storedBytes), lastUpdated };
}
