/** A line that opens a turn in SpecStory's Markdown: `_**Agent (claude-opus-4-6 2026-06-02 09:00:05Z)**_`. */
const TURN =
  /^_\*\*(User|Agent)(?: - sidechain)? \((?:([^()\s][^()]*?) )?(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)\)\*\*_\r?$/gm;

/** What the turns of a conversation tell of it. */
export type TurnFacts = {
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** The models that answered, in the order of their first turn. */
  readonly llmModels: readonly string[];
};

export function readTurns(markdown: string): TurnFacts {
  const models = new Set<string>();
  let [first, last] = [Infinity, -Infinity];
  for (const [, speaker, model, time = ""] of markdown.matchAll(TURN)) {
    const at = Date.parse(time.replace(" ", "T"));
    if (Number.isNaN(at)) continue;
    first = Math.min(first, at);
    last = Math.max(last, at);
    // "<synthetic>" is what an agent calls itself where no model spoke.
    if (speaker === "Agent" && model !== undefined && !model.startsWith("<")) models.add(model);
  }
  const isDated = Number.isFinite(first);
  return { startedAt: isDated ? new Date(first) : null, endedAt: isDated ? new Date(last) : null, llmModels: [...models] };
}
