import { rm } from "node:fs/promises";

export default async function globalTeardown() {
  await rm(process.env.TEST_FOLDER, { recursive: true });
}
