import { MultiBar } from "cli-progress";

export type Progress = {
  /** One more step is done. */
  readonly step: () => void;
  /** A line that stays, above the bar. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
};

type Options = {
  readonly terminal: NodeJS.WriteStream | null;
  readonly err: (line: string) => void;
  readonly steps: number;
  /** What is being done, like "Importing". */
  readonly title: string;
};

/** Shows a bar of `steps` steps on a terminal. Without a terminal it only writes the lines. */
export function createProgress({ terminal, err, steps, title }: Options): Progress {
  if (terminal === null || steps === 0) return { step: () => undefined, say: err, stop: () => undefined };
  // Lines are cut to the width here. Switching off the terminal's line wrapping instead would outlast an interrupted command.
  const bars = new MultiBar({ stream: terminal, format: `${title} [{bar}] {percentage}%`, linewrap: true });
  const bar = bars.create(steps, 0);
  return {
    step: () => bar.increment(),
    say: (line) => bars.log(`${line}\n`),
    stop() {
      bars.update(); // writes the lines since the last update
      bars.stop();
    },
  };
}
