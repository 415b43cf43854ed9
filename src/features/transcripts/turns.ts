/**
 * A time as SpecStory writes it: `2026-06-02 09:00:05Z`, `2026-06-02T09:00:05.060Z`, `2026-06-02 09:00Z` or, in local time,
 * `2026-06-02 02:00:05-0700`.
 */
const TIME = String.raw`[1-9]\d{3}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:?\d\d)`;
const WHOLE_TIME = new RegExp(`^${TIME}$`);
const LAST_TIME = new RegExp(`(?:^| )(${TIME})$`);

/**
 * A line that opens a turn: `_**Agent (claude-opus-4-6 2026-06-02 09:00:05Z)**_`. Model and time may each be missing. The
 * pattern is tried only where its first characters occur, which is faster than at every character. It reads at most 1,000
 * characters of a line, since the Markdown has any length.
 */
const TURN = /^_\*\*(User|Agent)( - sidechain)?(?: \(([^()\r\n]{0,1000})\))?\*\*_\r?$/my;
const TURN_START = "_**";

export type Turn = {
  readonly speaker: "User" | "Agent";
  /** Whether the turn is part of a conversation between the agent and another agent that it called. */
  readonly isSidechain: boolean;
  readonly model: string | null;
  readonly at: Date | null;
  /** The offsets of the line's start and end in the Markdown. */
  readonly start: number;
  readonly end: number;
};

/** The facts that the turns of a conversation give. */
export type TurnFacts = {
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** The models that answered, in the order of their first turn. */
  readonly llmModels: readonly string[];
};

/** Finds the turns of a conversation in SpecStory's Markdown, one after the other. */
export function* turnsOf(markdown: string): Generator<Turn> {
  for (let index = markdown.indexOf(TURN_START); index !== -1; index = markdown.indexOf(TURN_START, index + 1)) {
    TURN.lastIndex = index;
    const found = TURN.exec(markdown);
    if (found === null) continue;
    const [line, speaker, sidechain, inside = ""] = found;
    const time = LAST_TIME.exec(inside)?.[1];
    yield {
      speaker: speaker === "User" ? "User" : "Agent",
      isSidechain: sidechain !== undefined,
      model: toModel(time === undefined ? inside : inside.slice(0, -time.length).trimEnd()),
      at: parseTime(time),
      start: index,
      end: index + line.length,
    };
  }
}

export function readTurns(markdown: string): TurnFacts {
  const reader = createTurnReader();
  reader.read(markdown);
  return reader.finish();
}

/** More characters than a line that opens a turn has, with the ends of the lines before and behind it. */
const LONGEST_LINE = 1_100;

/** Reads the turns of a conversation that comes in pieces. A line may begin in one piece and end in another. */
export function createTurnReader() {
  const models = new Set<string>();
  let [earliest, latest] = [Infinity, -Infinity];
  let text = ""; // the end of what was read, which the next piece continues
  let unread = 0; // where the next turn in it may begin; a character before that tells whether a line begins there

  function note({ speaker, model, at }: Turn): void {
    if (speaker === "Agent" && model !== null) models.add(model);
    if (at === null) return;
    earliest = Math.min(earliest, at.getTime());
    latest = Math.max(latest, at.getTime());
  }

  function readUntil(end: number): void {
    for (const turn of turnsOf(text)) if (turn.start >= unread && turn.start < end) note(turn);
  }

  return {
    read(piece: string): void {
      text += piece;
      const end = text.length - LONGEST_LINE;
      if (end <= unread) return;
      readUntil(end);
      text = text.slice(end - 1);
      unread = 1;
    },

    finish(): TurnFacts {
      readUntil(text.length);
      const isDated = Number.isFinite(earliest);
      return { startedAt: isDated ? new Date(earliest) : null, endedAt: isDated ? new Date(latest) : null, llmModels: [...models] };
    },
  };
}

/** Parses a time in one of SpecStory's forms. Returns null for any other text. */
export function parseTime(text: string | undefined): Date | null {
  if (text === undefined || !WHOLE_TIME.test(text)) return null;
  const at = new Date(text.replace(" ", "T").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(at.getTime()) ? null : at;
}

/** Returns the name of the model. Some agents write `model NAME, mode MODE`. One writes "<synthetic>" for a turn without a model. */
function toModel(who: string): string | null {
  if (who === "" || who.startsWith("<")) return null;
  return /^model ([^,]+)/.exec(who)?.[1] ?? who;
}
