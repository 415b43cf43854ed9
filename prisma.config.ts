import { defineConfig } from "prisma/config";

// `prisma generate` looks for a schema engine that it does not use and would download one.
// Any existing program satisfies it, so that generating works without the internet.
if (process.argv.includes("generate")) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
}

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  // Only Prisma's own command line reads this address; the server is given its own by its settings.
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://localhost:5432/backstory" },
});
