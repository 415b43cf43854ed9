import { z } from "zod";

const fact = z.string("must be text").nullish();

/** What a command-line client sends to sign in: the code, and what it tells of its machine. */
export const signInBody = z.object({
  device_code: z.string("must be text"),
  hostname: fact,
  os: fact,
  os_version: fact,
  os_display_name: fact,
  architecture: fact,
  username: fact,
  client: fact,
  client_version: fact,
});

const LONGEST_NAME = 255;

/** As much of a text as the name may take, whatever its characters are. */
const READ_CHARACTERS = 2 * LONGEST_NAME + 1;

/** The name by which a person knows the device again among the keys; it never keeps one from signing in. */
export function toDeviceName({ hostname, os_display_name: system, client }: z.output<typeof signInBody>): string {
  const told = [hostname, system, client]
    .filter((text) => text != null && text !== "")
    .map((text) => text?.slice(0, READ_CHARACTERS))
    .join(", ");
  return Array.from(told.toWellFormed().replaceAll(/\p{Cc}/gu, " "))
    .slice(0, LONGEST_NAME)
    .join("") || "Device"; // prettier-ignore
}
