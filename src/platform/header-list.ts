/** Headers as Node writes them: names and values in turns. It takes less than an object with a dozen names to make and to copy. */
export type HeaderList = readonly string[];

export function toHeaderList(headers: Readonly<Record<string, string>>): HeaderList {
  return Object.entries(headers).flat();
}

/** The same in pairs, as web responses take them. */
export function* headerPairs(headers: HeaderList): Generator<[string, string]> {
  for (let at = 0; at < headers.length; at += 2) yield [headers[at] ?? "", headers[at + 1] ?? ""];
}
