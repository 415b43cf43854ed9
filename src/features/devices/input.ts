import { z } from "zod";

const fact = z.string("must be text").nullish();

/** The body with which a command-line client signs in: the code, and facts about its machine. */
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

/** As much of a text as a name can need: a character is one or two code units. */
const READ_CHARACTERS = 2 * LONGEST_NAME + 1;

/** Makes the name by which a person recognizes the device among the keys. Facts that are not usable never fail the sign-in. */
export function toDeviceName({ hostname, os_display_name: system, client }: z.output<typeof signInBody>): string {
  const told = [hostname, system, client]
    .filter((text) => text != null && text !== "")
    .map((text) => text?.slice(0, READ_CHARACTERS))
    .join(", ");
  return Array.from(told.toWellFormed().replaceAll(/\p{Cc}/gu, " "))
    .slice(0, LONGEST_NAME)
    .join("") || "Device"; // prettier-ignore
}
