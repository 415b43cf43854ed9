type Range = { readonly type: string; readonly quality: number; readonly specificity: number; readonly index: number };

function parseRange(text: string, index: number): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith("q="));
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice("charset=".length)
    .replaceAll('"', "");
  const isReadable = charset === undefined || charset === "utf-8" || charset === "utf8";
  const specificity = type === "*/*" ? 0 : type.endsWith("/*") ? 1 : 2;
  const quality = q === undefined ? 1 : Number(q.slice(2));
  return { type, quality: isReadable && quality >= 0 && quality <= 1 ? quality : 0, specificity, index };
}

function matches(range: string, type: string): boolean {
  return range === "*/*" || range === type || (range.endsWith("/*") && type.startsWith(range.slice(0, -1)));
}

/**
 * Chooses the offered media type that an Accept header prefers (RFC 9110, section 12.5.1), or null if it accepts none.
 * Among equal ones the type that the header names first wins, then the earlier offer.
 */
export function chooseMediaType<T extends string>(accept: string | null, offers: readonly T[]): T | null {
  if (accept === null || accept.trim() === "") return offers[0] ?? null;
  const ranges = accept.split(",").map(parseRange);
  const acceptable = offers.flatMap((offer) => {
    const [range] = ranges.filter(({ type }) => matches(type, offer)).sort((a, b) => b.specificity - a.specificity);
    return range === undefined || range.quality === 0 ? [] : [{ offer, range }];
  });
  acceptable.sort((a, b) => b.range.quality - a.range.quality || a.range.index - b.range.index);
  return acceptable[0]?.offer ?? null;
}
