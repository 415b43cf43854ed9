import { createHash } from "node:crypto";

/** The most characters that a folder has of a project's name. */
const MOST_OF_NAME = 40;

/** Half of these digits differ for any two of four billion projects. */
const DIGITS = 16;

/**
 * Makes the name of a project's folder: what is simple of its name, and digits of its id. It is unique among the projects of
 * a user on every file system, also where `A` and `a` are one file, and holds nothing that could lead out of the folder.
 * "Checkout / v2" becomes `checkout-v2-5f3a0c9d1b2e4f67`.
 */
export function projectFolder({ id, name }: { readonly id: string; readonly name: string }): string {
  const simple = name.normalize("NFKD").toLowerCase().replaceAll(/[^a-z0-9]+/g, "-"); // prettier-ignore
  const readable = simple.slice(0, MOST_OF_NAME).replace(/^-/, "").replace(/-$/, "");
  const digest = createHash("sha256").update(id).digest("hex").slice(0, DIGITS);
  return readable === "" ? digest : `${readable}-${digest}`;
}
