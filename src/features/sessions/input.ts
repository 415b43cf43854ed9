import { z } from "zod";
import { atMost, contentText, nameText, storableText } from "../../platform/text.js";
import { notAfter, timeFromText, timeValue } from "../../platform/time.js";
import { projectIdText } from "../projects/input.js";
import { mapMetadata, type MetadataField } from "./metadata.js";

/** The largest content that is stored, in characters. JavaScript and PostgreSQL hold little more in one text. */
const MOST_CONTENT = 200_000_000;

const textOf = ({ atMost: most, mayBeEmpty }: MetadataField) => {
  const text = mayBeEmpty === true ? storableText : storableText.min(1, "must not be empty");
  return text.refine(...atMost(most));
};
const listOf = (field: MetadataField) => z.array(textOf(field)).max(100, "must have at most 100 entries").nullish();
const content = contentText.refine(({ length }) => length <= MOST_CONTENT, `must have at most ${MOST_CONTENT} characters`);

export const sessionIdText = z.guid("must be a UUID").transform((text) => text.toLowerCase());

const metadataInput = z.object(mapMetadata((field) => textOf(field).nullish(), listOf));

const etagText = z.string().max(200, "must have at most 200 characters");

export const saveSessionInput = z
  .object({
    id: sessionIdText.nullish(),
    projectId: projectIdText,
    projectName: nameText.nullish(),
    name: nameText,
    markdown: content,
    rawData: content.nullish(),
    sessionData: content.nullish(),
    metadata: metadataInput.nullish(),
    startedAt: timeValue.nullish(),
    endedAt: timeValue.nullish(),
    expectedEtag: etagText.nullish(),
  })
  .refine(...notAfter("startedAt", "endedAt"));

/** Accepts an empty text too, which clients send for what they do not know. */
const orEmpty = <T extends z.ZodType<string, string>>(text: T) =>
  z
    .string("must be text")
    .transform((given) => (given === "" ? null : given))
    .pipe(text.nullable())
    .nullish();

/** A session as the body of a REST request, which has the ids in its path and times as text. */
export const putSessionBody = z
  .object({
    projectId: projectIdText.nullish(),
    projectName: nameText,
    name: nameText,
    markdown: content,
    rawData: content,
    sessionData: content.nullish(),
    metadata: z.object(mapMetadata((field) => orEmpty(textOf(field)), listOf)).nullish(),
    startedAt: timeFromText.nullish(),
    endedAt: timeFromText.nullish(),
    expectedEtag: etagText.nullish(),
  })
  .refine(...notAfter("startedAt", "endedAt"));

export const deleteSessionInput = z.object({ id: storableText, projectId: projectIdText.nullish() });

export type SaveSession = z.output<typeof saveSessionInput>;
