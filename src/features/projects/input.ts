import { z } from "zod";
import { atMost, nameText, storableText } from "../../platform/text.js";

export const projectIcons = [
  "Code2", "Terminal", "Bot", "Brain", "Sparkles", "Database", "GitBranch", "Bug", "FolderKanban", "Folder", "Files", "Library",
  "BookOpen", "Briefcase", "Package", "Layers", "AppWindow", "Rocket", "Palette", "Paintbrush", "PenTool", "Lightbulb", "BarChart3",
  "Settings", "Globe",
] as const; // prettier-ignore

export const projectColors = ["rose", "pink", "orange", "amber", "emerald", "cyan", "blue", "purple", "slate", "gray"] as const;

/** The defaults of a project. The columns in the database have equal defaults, and a test compares them. */
export const DEFAULT_ICON: (typeof projectIcons)[number] = "Code2";
export const DEFAULT_COLOR: (typeof projectColors)[number] = "blue";

/** The id of a project. Clients choose ids freely, and ids are parts of paths. */
export const projectIdText = storableText
  .min(1, "must not be empty")
  .refine(...atMost(255))
  .pipe(z.string().refine((text) => !/[^\0\P{Cc}]/u.test(text), "must not contain control characters"));

// Null means the default, also in a change of a project.
const icon = z
  .enum(projectIcons, `must be one of ${projectIcons.join(", ")}`)
  .nullable()
  .transform((chosen) => chosen ?? DEFAULT_ICON);
const color = z
  .enum(projectColors, `must be one of ${projectColors.join(", ")}`)
  .nullable()
  .transform((chosen) => chosen ?? DEFAULT_COLOR);

export const createProjectInput = z.object({
  id: projectIdText.nullish(),
  name: nameText,
  icon: icon.default(DEFAULT_ICON),
  color: color.default(DEFAULT_COLOR),
});

/** The changes to a project. An absent field stays as it is. */
const changes = z.object({ name: nameText.optional(), icon: icon.optional(), color: color.optional() });

const isChange = [
  (given: z.output<typeof changes>) => [given.name, given.icon, given.color].some((value) => value !== undefined),
  { message: "name, icon or color must be given", path: ["name"] as string[], params: { isMissing: true } },
] as const;

export const updateProjectInput = changes.extend({ id: projectIdText }).refine(...isChange);

/** The changes to a project as the body of a REST request, which has the id in its path. */
export const updateProjectFields = changes.refine(...isChange);

export const deleteProjectInput = z.object({ id: projectIdText });
