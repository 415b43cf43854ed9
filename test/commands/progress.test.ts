import { Writable } from "node:stream";
import { expect, test } from "@jest/globals";
import { createProgress } from "../../src/commands/progress.js";

/** A terminal of 80 columns that keeps what is written to it. */
function terminal() {
  let written = "";
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });
  // A WriteStream has far more than the bar looks at: whether it is a terminal, and how wide.
  return { stream: Object.assign(stream, { isTTY: true, columns: 80 }) as unknown as NodeJS.WriteStream, written: () => written };
}

test("On a terminal a bar shows how far it is, and a line that is said stays above it.", () => {
  const { stream, written } = terminal();
  const progress = createProgress({ terminal: stream, err: () => undefined, steps: 4, title: "Importing" });
  for (let done = 0; done < 3; done += 1) progress.step();
  progress.say("a.md: no session header");
  progress.stop();

  expect(written()).toContain("a.md: no session header\n");
  expect(written()).toMatch(/Importing \[=+-+\] 75%/);
  expect(written()).toMatch(/\n$/);
  // eslint-disable-next-line no-control-regex -- the sequence that would leave a terminal without line wrapping
  expect(written()).not.toMatch(/\u001b\[\?7l/);
});

test("Where no person is looking there is no bar, and what is said is a plain line.", () => {
  const said: string[] = [];
  const progress = createProgress({ terminal: null, err: (line) => said.push(line), steps: 2, title: "Importing" });
  progress.step();
  progress.say("a.md: no session header");
  progress.stop();

  expect(said).toEqual(["a.md: no session header"]);
});
