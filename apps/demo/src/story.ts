/** Where the story is written, and whether a person watches it. */
export interface Stage {
  write(text: string): void;
  readonly live: boolean;
  readonly colour: boolean;
}

/** Tells what goes on: chapters, facts, and a line that moves while something is waited for. */
export interface Story {
  chapter(title: string): void;
  fact(text: string): void;
  good(text: string): void;
  bad(text: string): void;
  /** Shows `text` while waiting: moving on a terminal, and once per change elsewhere. */
  waiting(text: string): void;
  /** Ends the moving line. */
  settle(): void;
}

const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** A story on `stage`; `elapsedMs` gives the time since the demo's start for the margin. */
export function createStory(stage: Stage, elapsedMs: () => number): Story {
  let moving = "";
  let frame = 0;
  let chapters = 0;
  const paint = (code: number, text: string): string => (stage.colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const margin = (): string => paint(90, `${(elapsedMs() / 1000).toFixed(1).padStart(6)} s `);
  const erase = (): void => {
    if (stage.live && moving !== "") stage.write("\r\u001b[K");
    moving = "";
  };
  const line = (text: string): void => {
    erase();
    stage.write(`${margin()}${text}\n`);
  };
  return {
    chapter(title) {
      erase();
      chapters += 1;
      stage.write(`\n${margin()}${paint(1, `${chapters}. ${title}`)}\n`);
    },
    fact: (text) => line(`   ${text}`),
    good: (text) => line(` ${paint(32, "✓")} ${text}`),
    bad: (text) => line(` ${paint(31, "✗")} ${text}`),
    waiting(text) {
      if (stage.live) {
        stage.write(`\r\u001b[K${margin()} ${paint(36, frames.charAt(frame % frames.length))} ${text}`);
        frame += 1;
      } else if (text !== moving) stage.write(`${margin()} … ${text}\n`);
      moving = text;
    },
    settle: erase,
  };
}
