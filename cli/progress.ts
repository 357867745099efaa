import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import type { TrainingEvent } from '../core/index.js';

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

/** A progress bar on a terminal, plain lines elsewhere. */
export function reporter(out: WriteStream | NodeJS.WriteStream, folder: string): Reporter {
  out.write(`Run: ${folder}\n`);
  return out.isTTY ? barReporter(out) : lineReporter(out);
}

function barReporter(out: NodeJS.WriteStream): Reporter {
  let start: Start | undefined;
  const eta = new Eta();
  const bar = new cliProgress.SingleBar({
    format: 'epoch {epoch} {bar} {value}/{total} | {losses} | {rate} | {eta_text}',
    barsize: 20,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    stream: out,
  });
  let active = false;
  const stop = (): void => {
    if (active) bar.stop();
    active = false;
  };
  const show = (total: number, value: number, payload: object): void => {
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
        out.write(`${opening(event)}\n`);
      } else if (event.type === 'step' && start) {
        const done = event.step - event.epoch * start.stepsPerEpoch;
        show(start.stepsPerEpoch, done, {
          epoch: `${event.epoch + 1}/${start.epochs}`,
          losses: losses(event),
          rate: `${event.imagesPerSecond.toFixed(1)} images/s`,
          eta_text: eta.text(event, start),
        });
      } else if (event.type === 'validating') {
        show(event.of, event.done, { epoch: 'validation', losses: '', rate: '', eta_text: '' });
      } else {
        const line = closing(event, start);
        if (!line) return;
        stop();
        out.write(`${line}\n`);
      }
    },
  };
}

function lineReporter(out: NodeJS.WriteStream): Reporter {
  let start: Start | undefined;
  let last = performance.now();
  const eta = new Eta();
  return {
    end: () => undefined,
    event(event) {
      if (event.type === 'start') {
        start = event;
        out.write(`${opening(event)}\n`);
      } else if (event.type === 'step' && start) {
        const text = eta.text(event, start);
        if (performance.now() - last < 1000 * lineInterval) return;
        last = performance.now();
        const place = `epoch ${event.epoch + 1}/${start.epochs}, step ${event.step - event.epoch * start.stepsPerEpoch}/${start.stepsPerEpoch}`;
        out.write(`${place}: ${losses(event)} | ${event.imagesPerSecond.toFixed(1)} images/s | ${text}\n`);
      } else {
        const line = closing(event, start);
        if (line) out.write(`${line}\n`);
      }
    },
  };
}

function opening(event: Start): string {
  const size = `${event.trainSamples} training and ${event.valSamples} validation images`;
  const resumed = event.resumedAt > 0 ? `; goes on after step ${event.resumedAt}` : '';
  return `${event.parameters.toLocaleString('en')} parameters; ${size}; ${event.epochs} epochs of ${event.stepsPerEpoch} steps${resumed}`;
}

/** The line that stays of an event; undefined where none does. */
function closing(event: TrainingEvent, start: Start | undefined): string | undefined {
  if (event.type === 'validation') {
    const metrics = Object.entries(event.metrics).map(([task, values]) => {
      const shown = Object.entries(values).slice(0, 2);
      return `${task} ${shown.map(([name, value]) => `${name} ${value.toPrecision(3)}`).join(', ')}`;
    });
    return `epoch ${event.epoch + 1}/${start?.epochs}: ${metrics.join(' | ')}${event.best ? ' | best so far' : ''}`;
  }
  if (event.type === 'stopped') return `Stopped after step ${event.step}: ${event.reason}.`;
  return undefined;
}

function losses({ losses: values }: Step): string {
  return Object.entries(values)
    .map(([task, { total }]) => `${task} ${total.toPrecision(3)}`)
    .join(', ');
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
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}

/** A line that is rewritten in place; nothing where there is no terminal. */
export function progressLine(out: NodeJS.WriteStream | undefined): { show(text: string): void; clear(): void } {
  if (!out?.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show: (text) => out.write(`\r\u001b[K${text}`),
    clear: () => out.write('\r\u001b[K'),
  };
}
