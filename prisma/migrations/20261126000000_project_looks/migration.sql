-- Every project has an icon and a colour. The defaults are those of features/projects/input.ts, and a test compares them.
UPDATE "Project" SET "icon" = COALESCE("icon", 'Code2'), "color" = COALESCE("color", 'blue') WHERE "icon" IS NULL OR "color" IS NULL;
ALTER TABLE "Project"
  ALTER COLUMN "icon" SET DEFAULT 'Code2',
  ALTER COLUMN "icon" SET NOT NULL,
  ALTER COLUMN "color" SET DEFAULT 'blue',
  ALTER COLUMN "color" SET NOT NULL;
