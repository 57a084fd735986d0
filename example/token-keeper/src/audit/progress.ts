import { Presets, SingleBar } from 'cli-progress';

/** Shows how far an audit is. */
export interface Progress {
  /** How many tokens have an answer by now. */
  at(done: number): void;
  /** Threads wants everybody to wait, for so many milliseconds. */
  pause(milliseconds: number): void;
  end(): void;
}

/** A bar with rate and time left on a terminal; elsewhere plain lines, one for every twentieth. */
export function createProgress(total: number, done: number, output: NodeJS.WriteStream): Progress {
  return output.isTTY ? bar(total, done, output) : lines(total, done, output);
}

function bar(total: number, done: number, output: NodeJS.WriteStream): Progress {
  const began = Date.now();
  const progress = new SingleBar(
    {
      stream: output,
      format: '{bar} {percentage} % | {value} of {total} | {rate} a second | {left} left {note}',
      hideCursor: true,
      etaBuffer: 1000,
    },
    Presets.shades_classic,
  );
  const figures = (at: number) => {
    const rate = ((at - done) * 1000) / Math.max(1, Date.now() - began);
    return { rate: Math.round(rate), left: rate > 0 ? duration((total - at) / rate) : '?' };
  };
  progress.start(total, done, { ...figures(done), note: '' });
  return {
    at: (value) => progress.update(value, { ...figures(value), note: '' }),
    pause: (milliseconds) =>
      progress.update({ note: `(Threads wants a pause of ${duration(milliseconds / 1000)})` }),
    end: () => progress.stop(),
  };
}

function lines(total: number, done: number, output: NodeJS.WriteStream): Progress {
  const step = Math.max(1, Math.ceil(total / 20));
  let shown = done;
  return {
    at(value) {
      if (value === shown || (value < shown + step && value < total)) return;
      output.write(`${value} of ${total}\n`);
      shown = value;
    },
    pause: (milliseconds) => output.write(`Threads wants a pause of ${duration(milliseconds / 1000)}\n`),
    end: () => {},
  };
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
