/**
 * Headers as Node writes them: a name, its value, the next name ... It is cheaper to make and to copy than an object with a
 * dozen names.
 */
export type HeaderList = readonly string[];

export function toHeaderList(headers: Readonly<Record<string, string>>): HeaderList {
  return Object.entries(headers).flat();
}

/** Pairs the names with their values, as web responses take them. */
export function* headerPairs(headers: HeaderList): Generator<[string, string]> {
  for (let at = 0; at < headers.length; at += 2) yield [headers[at] ?? "", headers[at + 1] ?? ""];
}
