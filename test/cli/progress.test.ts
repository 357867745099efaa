import { Writable } from 'node:stream';
import { expect } from 'chai';
import { buildReporter, progressLine, reporter, type Reporter } from '../../cli/progress.js';
import type { TrainingEvent } from '../../core/index.js';

/** Keeps what is written to it, as a terminal of some width or as a file. */
function fake(columns?: number): NodeJS.WriteStream & { text(): string } {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return Object.assign(stream, { isTTY: columns !== undefined, columns, text: () => text }) as never;
}

/** What stands on the terminal at the end: escape sequences other than "clear the line" only move or hide. */
function lines(text: string): string[] {
  return text.split('\n').map((line) => {
    const last = line.split('\u001b[2K').at(-1)!;
    // eslint-disable-next-line no-control-regex
    return last.replace(/\u001b(\[\??\d*[A-Za-z]|\d)/g, '');
  });
}

/** Every state of the bar, one after the other. */
function bars(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  return [...text.matchAll(/\u001b\[1G([^\u001b]+)\u001b\[0K/g)].map(([, bar]) => bar!);
}

const started: TrainingEvent = {
  type: 'start',
  epochs: 20,
  stepsPerEpoch: 4,
  batchSize: 8,
  trainSamples: 32,
  valSamples: 16,
  parameters: 31_553_344,
  resumedAt: 0,
};

function step(number: number): TrainingEvent {
  const loss = (total: number) => ({ total, direct: total, transferred: {} });
  return {
    type: 'step',
    epoch: Math.floor((number - 1) / 4),
    step: number,
    losses: { segmentation: loss(1.23456), depth: loss(0.0123456) },
    learningRate: 0.001,
    imagesPerSecond: 12.34,
  };
}

const validated: TrainingEvent = {
  type: 'validation',
  epoch: 0,
  step: 4,
  metrics: {
    segmentation: { miou: 0.31234, 'miou.perImage': 0.32, pixelAccuracy: 0.5 },
    depth: { absolute: 1.5, relative: 0.1 },
  },
  best: true,
};

function epochOf({ event }: Reporter): void {
  event(started);
  for (let number = 1; number <= 4; number++) event(step(number));
  event({ type: 'epoch', epoch: 0, step: 4, meanLosses: {}, weights: {}, waiting: 0 });
  event({ type: 'validating', step: 4, done: 1, of: 2 });
  event({ type: 'validating', step: 4, done: 2, of: 2 });
  event(validated);
  event({ type: 'checkpoint', step: 4, file: 'last' });
}

describe('the progress of a training', () => {
  it('is a bar on a terminal, of which only results stay', () => {
    const out = fake(140);
    const report = reporter(out, 'runs/a');
    epochOf(report);
    report.end();
    expect(lines(out.text())).to.deep.equal([
      'Run: runs/a',
      '31,553,344 parameters; 32 training and 16 validation images; 20 epochs of 4 steps',
      'epoch 1/20: segmentation miou 0.312, miou.perImage 0.320 | depth absolute 1.50, relative 0.100 | best so far',
      '',
    ]);
    expect(bars(out.text())[0]).to.equal(
      'epoch 1/20 █████░░░░░░░░░░░░░░░ 1/4 | ETA … | segmentation 1.23, depth 0.0123 | 12.3 images/s',
    );
  });

  it('says when the run will end', async () => {
    const out = fake(140);
    const { event, end } = reporter(out, 'runs/a');
    event(started);
    event(step(1));
    await new Promise((resolve) => setTimeout(resolve, 120));
    event(step(2));
    end();
    // 78 steps of about 0.12 s.
    const [, seconds] = /ETA (\d+) s/.exec(bars(out.text()).at(-1)!)!;
    expect(Number(seconds)).to.be.within(9, 60);
  });

  it('fits a narrow terminal, the least important parts going first', () => {
    const widest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
    for (const [columns, bar] of [
      [80, /1\/4 \| ETA … \| segmentation 1\.23, depth 0\.0123$/],
      [60, /1\/4 \| ETA …$/],
      [40, /1\/4$/],
    ] as const) {
      const out = fake(columns);
      epochOf(reporter(out, 'runs/a'));
      expect(bars(out.text())[0]).to.match(bar);
      expect(widest(bars(out.text()))).to.be.below(columns);
    }
    const out = fake(80);
    epochOf(reporter(out, 'runs/a'));
    expect(lines(out.text()).at(-2)).to.equal(
      'epoch 1/20: segmentation miou 0.312 | depth absolute 1.50 | best so far',
    );
    const narrower = fake(70);
    reporter(narrower, 'runs/a').event({ ...started, resumedAt: 12 });
    expect(lines(narrower.text()).slice(1, -1)).to.deep.equal([
      '31,553,344 parameters; 32 training and 16 validation images;',
      '20 epochs of 4 steps; goes on after step 12',
    ]);
  });

  it('gives the terminal back, even in the midst of an epoch, and goes on after that', () => {
    const out = fake(80);
    const { event, end } = reporter(out, 'runs/a');
    event(started);
    event(step(1));
    const listeners = process.listenerCount('SIGINT');
    end();
    end();
    const hidden = '\u001b[?25l';
    const shown = '\u001b[?25h';
    expect(out.text().lastIndexOf(shown)).to.be.above(out.text().lastIndexOf(hidden));
    event(step(2));
    expect(out.text().lastIndexOf(hidden)).to.be.above(out.text().lastIndexOf(shown));
    event({ type: 'stopped', step: 2, reason: 'interrupted' });
    expect(lines(out.text()).at(-2)).to.equal('Stopped after step 2: interrupted.');
    expect(process.listenerCount('SIGINT')).to.equal(listeners);
  });

  it('is plain lines elsewhere', () => {
    const out = fake();
    const report = reporter(out, 'runs/a');
    epochOf(report);
    report.event({ type: 'skipped', epoch: 0, step: 4, reason: 'The loss of task "depth" is NaN' });
    report.event({ type: 'stopped', step: 4, reason: 'no improvement' });
    report.end();
    expect(out.text().split('\n')).to.deep.equal([
      'Run: runs/a',
      '31,553,344 parameters; 32 training and 16 validation images; 20 epochs of 4 steps',
      'epoch 1/20: segmentation miou 0.312, miou.perImage 0.320 | depth absolute 1.50, relative 0.100 | best so far',
      'Step 4 passed over: The loss of task "depth" is NaN',
      'Stopped after step 4: no improvement.',
      '',
    ]);
  });

  it('says where a resumed run goes on', () => {
    const out = fake();
    reporter(out, 'runs/a').event({ ...started, resumedAt: 12 });
    expect(out.text()).to.match(/20 epochs of 4 steps; goes on after step 12\n$/);
  });
});

describe('a line that is rewritten', () => {
  it('is there on a terminal only', () => {
    const [terminal, file] = [fake(80), fake()];
    for (const out of [terminal, file, undefined]) {
      const line = progressLine(out);
      line.show('one');
      line.show('two');
      line.clear();
    }
    expect(terminal.text()).to.equal('\r\u001b[Kone\r\u001b[Ktwo\r\u001b[K');
    expect(file.text()).to.equal('');
  });
});

describe('the progress of a build', () => {
  const steps = ['compiling a.cc', 'compiling b.cc', 'linking', 'loading'];
  const showAll = (out: NodeJS.WriteStream | undefined): void => {
    const report = buildReporter(out);
    for (const [index, doing] of steps.entries())
      report.show({ step: index + 1, steps: steps.length, doing });
    report.end();
    report.end();
  };

  it('is a bar on a terminal, which goes away', () => {
    const out = fake(80);
    showAll(out);
    const shown = out.text().split('\r\u001b[K');
    expect(shown[1]).to.equal('░░░░░░░░░░░░░░░░░░░░ 1/4 | compiling a.cc');
    expect(shown[4]).to.equal('███████████████░░░░░ 4/4 | loading');
    expect(shown.at(-1)).to.equal('');
    const narrow = fake(30);
    showAll(narrow);
    expect(narrow.text().split('\r\u001b[K')[1]).to.equal('░░░░░░░░░░░░░░░░░░░░ 1/4');
  });

  it('is a line for each step elsewhere, and nothing where nobody looks', () => {
    const out = fake();
    showAll(out);
    expect(out.text()).to.equal('1/4 compiling a.cc\n2/4 compiling b.cc\n3/4 linking\n4/4 loading\n');
    expect(() => showAll(undefined)).to.not.throw();
  });
});
