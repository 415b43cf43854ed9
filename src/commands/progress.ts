import { MultiBar } from "cli-progress";

export type Progress = {
  /** One more step is done. */
  readonly step: () => void;
  /** A line that stays, above the bar. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
};

/** A bar of `steps` steps on a terminal; where there is none, nothing but what is said. */
export function createProgress(terminal: NodeJS.WriteStream | null, err: (line: string) => void, steps: number): Progress {
  if (terminal === null || steps === 0) return { step: () => undefined, say: err, stop: () => undefined };
  // Lines are cut to the width here, instead of the terminal being told to, which an interrupted command would leave it at.
  const bars = new MultiBar({ stream: terminal, format: "Importing [{bar}] {percentage}%", linewrap: true });
  const bar = bars.create(steps, 0);
  return {
    step: () => bar.increment(),
    say: (line) => bars.log(`${line}\n`),
    stop() {
      bars.update(); // what was said since the last time
      bars.stop();
    },
  };
}
