import { AppError } from "../errors/app-error.js";

/**
 * The most values in the JSON of a body. No request needs a hundredth of them: large bodies are large by their texts.
 * Without this limit, a few hundred zipped kilobytes of brackets would become gigabytes of objects.
 */
export const MOST_VALUES = 100_000;

/** @throws VALIDATION_ERROR: INVALID_FORMAT if the text is not JSON, INVALID_PARAMETER if it has too many values */
export function parseJson(text: string): unknown {
  if (text.length > MOST_VALUES && hasMoreValuesThan(MOST_VALUES, text)) throw tooManyValues();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid JSON", cause: error });
  }
}

export function tooManyValues(): AppError {
  const message = `The body has more than ${MOST_VALUES} values`;
  return new AppError("INVALID_PARAMETER", { message, details: { limit: MOST_VALUES } });
}

/** Counts the commas, brackets and braces outside of texts: every value but the first comes after one of them. */
function hasMoreValuesThan(most: number, json: string): boolean {
  let values = 1;
  for (let at = 0; at < json.length && values <= most; at += 1) {
    const character = json[at];
    if (character === '"') at = endOfText(json, at + 1);
    else if (character === "," || character === "[" || character === "{") values += 1;
  }
  return values > most;
}

/** Finds the end of a text: the first quote with an even number of backslashes before it. */
function endOfText(json: string, start: number): number {
  for (let quote = json.indexOf('"', start); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let escape = quote;
    while (json[escape - 1] === "\\") escape -= 1;
    if ((quote - escape) % 2 === 0) return quote;
  }
  return json.length;
}
