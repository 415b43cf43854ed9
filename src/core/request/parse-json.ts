import { AppError } from "../errors/app-error.js";

/**
 * How many values the JSON of a body may have. No request needs a hundredth of them: what is large in a body is text.
 * Unbounded, a few hundred zipped kilobytes of brackets would become gigabytes of objects.
 */
const MOST_VALUES = 100_000;

/** @throws VALIDATION_ERROR: INVALID_FORMAT where the text is no JSON, INVALID_PARAMETER where it has too many values */
export function parseJson(text: string): unknown {
  if (text.length > MOST_VALUES && hasMoreValuesThan(MOST_VALUES, text)) {
    const message = `The body has more than ${MOST_VALUES} values`;
    throw new AppError("INVALID_PARAMETER", { message, details: { limit: MOST_VALUES } });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError("INVALID_FORMAT", { message: "The body is not valid JSON", cause: error });
  }
}

/** Every value but the first comes after a comma, a bracket or a brace outside of texts. */
function hasMoreValuesThan(most: number, json: string): boolean {
  let values = 1;
  for (let at = 0; at < json.length && values <= most; at += 1) {
    const character = json[at];
    if (character === '"') at = endOfText(json, at + 1);
    else if (character === "," || character === "[" || character === "{") values += 1;
  }
  return values > most;
}

/** Where a text ends: at the first quote that has an even number of backslashes before it. */
function endOfText(json: string, start: number): number {
  for (let quote = json.indexOf('"', start); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let escape = quote;
    while (json[escape - 1] === "\\") escape -= 1;
    if ((quote - escape) % 2 === 0) return quote;
  }
  return json.length;
}
