import cliProgress from 'cli-progress';
import type { BuildProgress, TrainingEvent } from '../core/index.js';
import { styleOf, widthOf, type Style } from './style.js';

/** Shows a run while it goes on. */
export interface Reporter {
  readonly event: (event: TrainingEvent) => void;
  /** Leaves the terminal as it was. May be called again. */
  readonly end: () => void;
}

type Step = Extract<TrainingEvent, { type: 'step' }>;
type Start = Extract<TrainingEvent, { type: 'start' }>;

/** Seconds between lines where there is no terminal to redraw. */
const lineInterval = 15;

/** Of ranks other than 0, which tells what all do. */
export const silence = { event: (): void => undefined, end: (): void => undefined };

/** A progress bar on a terminal, plain lines elsewhere. */
export function reporter(out: NodeJS.WriteStream, folder: string): Reporter {
  return out.isTTY ? barReporter(out, folder) : lineReporter(out, folder);
}

function barReporter(out: NodeJS.WriteStream, folder: string): Reporter {
  let start: Start | undefined;
  const eta = new Eta();
  const bar = new cliProgress.SingleBar({
    format: (_, { value, total }, { label, details }: BarPayload) =>
      fitted([`${label} ${filled(value / total)} ${value}/${total}`, ...details], widthOf(out)),
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    // A first signal does not end the run, nor the bar.
    gracefulExit: false,
    stream: out,
  });
  let active = false;
  const stop = (): void => {
    if (active) bar.stop();
    active = false;
  };
  const show = (total: number, value: number, payload: BarPayload): void => {
    if (!active) bar.start(total, value, payload);
    else {
      bar.setTotal(total);
      bar.update(value, payload);
    }
    active = true;
  };
  return {
    end: stop,
    event(event) {
      if (event.type === 'start') {
        start = event;
        out.write(`${opening(event, folder, widthOf(out))}\n`);
      } else if (event.type === 'step' && start) {
        const details = [eta.text(event, start), losses(event), rate(event)];
        show(start.stepsPerEpoch, stepOfEpoch(event, start), {
          label: `epoch ${event.epoch + 1}/${start.epochs}`,
          details,
        });
      } else if (event.type === 'validating' || event.type === 'observing') {
        const label = event.type === 'validating' ? 'validation' : 'looking at the labels';
        show(event.of, event.done, { label, details: [] });
      } else {
        const line = closing(event, start, styleOf(out), widthOf(out));
        if (!line) return;
        stop();
        out.write(`${line}\n`);
      }
    },
  };
}

interface BarPayload {
  readonly label: string;
  /** The most important one first. */
  readonly details: readonly string[];
}

/** As many parts as a line has room for, from the first on. */
function fitted(parts: readonly string[], columns: number): string {
  const line = parts.join(' | ');
  return line.length < columns || parts.length === 1 ? line : fitted(parts.slice(0, -1), columns);
}

function filled(share: number): string {
  const length = 20;
  const done = Math.round(length * share);
  return '█'.repeat(done) + '░'.repeat(length - done);
}

function lineReporter(out: NodeJS.WriteStream, folder: string): Reporter {
  let start: Start | undefined;
  let last = performance.now();
  const eta = new Eta();
  return {
    end: () => undefined,
    event(event) {
      if (event.type === 'start') {
        start = event;
        out.write(`${opening(event, folder, Infinity)}\n`);
      } else if (event.type === 'step' && start) {
        const text = eta.text(event, start);
        if (performance.now() - last < 1000 * lineInterval) return;
        last = performance.now();
        const place = `epoch ${event.epoch + 1}/${start.epochs}, step ${stepOfEpoch(event, start)}/${start.stepsPerEpoch}`;
        out.write(`${place}: ${losses(event)} | ${rate(event)} | ${text}\n`);
      } else {
        const line = closing(event, start, styleOf(out), Infinity);
        if (line) out.write(`${line}\n`);
      }
    },
  };
}

function stepOfEpoch({ step, epoch }: Step, { stepsPerEpoch }: Start): number {
  return step - epoch * stepsPerEpoch;
}

/** Broken between its parts where a line is too short for it. */
function opening(event: Start, folder: string, columns: number): string {
  const parts = [
    `${event.parameters.toLocaleString('en')} parameters`,
    `${event.trainSamples} training and ${event.valSamples} validation images`,
    `${event.epochs} epochs of ${event.stepsPerEpoch} steps`,
    ...(event.resumedAt > 0 ? [`goes on after step ${event.resumedAt}`] : []),
  ];
  const lines = parts.reduce((text, part) => {
    const length = text.length - text.lastIndexOf('\n');
    return text + (length + part.length + 2 < columns ? '; ' : ';\n') + part;
  });
  return `Run: ${folder}\n${lines}`;
}

/** Share of the time spent waiting for data from which on something can be done about it. */
const worthTelling = 0.1;

/** The line that stays of an event, with one metric of each task where there is no room for two; undefined for none. */
function closing(
  event: TrainingEvent,
  start: Start | undefined,
  style: Style,
  columns: number,
): string | undefined {
  if (event.type === 'validation') {
    const line = (metrics: number): string =>
      [
        `epoch ${event.epoch + 1}/${start?.epochs}: ${Object.entries(event.metrics)
          .map(([task, values]) => `${task} ${numbers(Object.entries(values).slice(0, metrics))}`)
          .join(' | ')}`,
        ...(event.best ? ['best so far'] : []),
      ].join(' | ');
    const text = line(2).length < columns ? line(2) : line(1);
    return event.best ? text.replace(/best so far$/, style.good) : text;
  }
  const told = warning(event);
  if (told !== undefined) return style.warning(told);
  return event.type === 'stopped' ? `Stopped after step ${event.step}: ${event.reason}.` : undefined;
}

/** What is not as it should be, but no reason to stop. */
function warning(event: TrainingEvent): string | undefined {
  if (event.type === 'badSample') return `Left out sample ${event.index} of ${event.split}: ${event.reason}`;
  if (event.type === 'epoch' && event.epoch === 1 && event.waiting > worthTelling) {
    return (
      `${Math.round(100 * event.waiting)} % of the time goes into waiting for data: ` +
      'raise loader.workers, or set loader.cache to a folder'
    );
  }
  if (event.type === 'note') return event.text;
  if (event.type === 'skipped') return `Step ${event.step} passed over: ${event.reason}`;
  if (event.type === 'rollback') {
    return `Step ${event.step} undone, back to the state after step ${event.backTo} at half the learning rate: ${event.reason}`;
  }
  return undefined;
}

function losses({ losses: values }: Step): string {
  return numbers(Object.entries(values).map(([task, { total }]) => [task, total]));
}

function numbers(values: readonly (readonly [string, number])[]): string {
  return values.map(([name, value]) => `${name} ${value.toPrecision(3)}`).join(', ');
}

function rate({ imagesPerSecond }: Step): string {
  return `${imagesPerSecond.toFixed(1)} images/s`;
}

/** Time to the end of the run, from a running mean over steps. */
class Eta {
  private secondsPerStep: number | undefined;
  private last: number | undefined;

  text({ step }: Step, { epochs, stepsPerEpoch }: Start): string {
    const now = performance.now() / 1000;
    if (this.last !== undefined) {
      const took = now - this.last;
      this.secondsPerStep = this.secondsPerStep === undefined ? took : 0.9 * this.secondsPerStep + 0.1 * took;
    }
    this.last = now;
    if (this.secondsPerStep === undefined) return 'ETA …';
    return `ETA ${duration(this.secondsPerStep * (epochs * stepsPerEpoch - step))}`;
  }
}

/** E.g. `2 h 05 min`, `3 min 10 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}

/** A line that is rewritten in place; nothing where there is no terminal. */
export function progressLine(out: NodeJS.WriteStream | undefined): {
  show(text: string): void;
  clear(): void;
} {
  if (!out?.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show: (text) => out.write(`\r\u001b[K${text}`),
    clear: () => out.write('\r\u001b[K'),
  };
}

/** Shows a build while it goes on. */
export interface BuildReporter {
  readonly show: (progress: BuildProgress) => void;
  /** Leaves the terminal as it was. May be called again. */
  readonly end: () => void;
}

/** A line that is rewritten on a terminal, a line for each step elsewhere. */
export function buildReporter(out: NodeJS.WriteStream | undefined): BuildReporter {
  const line = progressLine(out);
  return {
    show: ({ step, steps, doing }) => {
      const count = `${step}/${steps}`;
      if (out?.isTTY) line.show(fitted([`${filled((step - 1) / steps)} ${count}`, doing], widthOf(out)));
      else out?.write(`${count} ${doing}\n`);
    },
    end: () => line.clear(),
  };
}
