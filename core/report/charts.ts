import type { MetricValues } from '../evaluation/index.js';
import { pairsOf } from '../training/diagnostics.js';
import type { LossValues } from '../training/events.js';
import type { RunHistory } from './history.js';
import { extremes, means, type Point } from './series.js';
import { shown } from './numbers.js';
import type { ChartView, CurveView } from './views.js';

/** Buckets of a curve with a point for each step: about as many as a chart has pixels for. */
export const stepBuckets = 300;

/** The run's charts, by where they stand on the page. */
export interface RunCharts {
  readonly metrics: readonly ChartView[];
  readonly losses: readonly ChartView[];
  readonly training: readonly ChartView[];
}

/** A curve before it is thinned. */
interface Curve extends Omit<CurveView, 'points'> {
  readonly points: readonly Point[];
}

type Chart = Pick<ChartView, 'id' | 'title' | 'unit'> &
  Partial<Pick<ChartView, 'scale' | 'level' | 'best'>> & { readonly curves: readonly Curve[] };

/** The curves of a run over its epochs, or over its steps where it is not known how many an epoch has. */
export function runCharts(history: RunHistory): RunCharts {
  const place = new Place(history);
  const chartOf = (chart: Chart): readonly ChartView[] => viewOf(chart, place.unit);
  return {
    metrics: metricCharts(history, place).flatMap(chartOf),
    losses: lossCharts(history, place).flatMap(chartOf),
    training: [
      ...weightCharts(history, place),
      ...gradientCharts(history, place),
      ...speedCharts(history, place),
    ].flatMap(chartOf),
  };
}

/** Where on the x axis something happened. */
class Place {
  private readonly stepsPerEpoch: number | undefined;

  constructor({ starts }: RunHistory) {
    this.stepsPerEpoch = starts.at(-1)?.stepsPerEpoch;
  }

  get unit(): ChartView['xUnit'] {
    return this.stepsPerEpoch === undefined ? 'step' : 'epoch';
  }

  of({ step }: { readonly step: number }): number {
    return step / (this.stepsPerEpoch ?? 1);
  }
}

function tasksOf({ stored }: RunHistory): readonly string[] {
  return Object.keys(stored.config.tasks);
}

function lossCharts(history: RunHistory, place: Place): readonly Chart[] {
  const tasks = tasksOf(history);
  return tasks.map((task, color) => {
    const steps = history.steps.filter(({ losses }) => losses[task] !== undefined);
    const curve = (pick: (step: (typeof steps)[number]) => number): Point[] =>
      steps.map((step) => [place.of(step), pick(step)] as const);
    const total = curve(({ losses }) => losses[task]!.total);
    const mean = (name: string, look: Curve['look'], of: number, points: readonly Point[]): Curve => ({
      name,
      look,
      color: of,
      points: means(points, stepBuckets),
    });
    /** A curve for each task that terms of one kind have to do with. */
    const others = (
      kind: string,
      look: Curve['look'],
      termsOf: (losses: LossValues) => Readonly<Record<string, number>>,
    ): Curve[] =>
      tasks
        .filter((other) => steps.some(({ losses }) => other in termsOf(losses[task]!)))
        .map((other) => {
          const points = curve(({ losses }) => termsOf(losses[task]!)[other] ?? NaN);
          return mean(`${kind} ${other}`, look, tasks.indexOf(other), points);
        });
    const added = [...new Set(steps.flatMap(({ losses }) => Object.keys(losses[task]!.auxiliary ?? {})))];
    const terms = [
      ...others('transferred to', 'dotted', ({ transferred }) => transferred),
      ...others('back from', 'dashed', ({ cycled = {} }) => cycled),
      ...added.map((name, index) => {
        const points = curve(({ losses }) => losses[task]!.auxiliary?.[name] ?? NaN);
        return mean(name, 'dotted', tasks.length + index, points);
      }),
    ];
    const direct = curve(({ losses }) => losses[task]!.direct);
    return {
      id: `loss-${color}`,
      title: `${task}: loss`,
      unit: '',
      scale: 'log' as const,
      curves: [
        ...eachStep(total, color),
        mean('total', 'solid', color, total),
        // Without another term the direct one is the total.
        ...(terms.length > 0 ? [mean('direct', 'dashed', 6, direct), ...terms] : []),
      ],
    };
  });
}

function metricCharts(history: RunHistory, place: Place): readonly Chart[] {
  const { validations, result } = history;
  const best = validations.findLast((validation) => validation.best);
  return tasksOf(history).flatMap((task, color) =>
    namesOf(
      validations.map(({ metrics }) => metrics),
      task,
    ).map((name): Chart => {
      const points = validations.flatMap((validation): Point[] => {
        const value = validation.metrics[task]?.[name];
        return value === undefined ? [] : [[place.of(validation), value]];
      });
      const trivial = result?.baselines[task];
      const bar = trivial?.metrics[name];
      const value = best?.metrics[task]?.[name];
      return {
        id: `metric-${color}-${name.replaceAll(/[^a-zA-Z0-9]/g, '-')}`,
        title: `${task}: ${name}`,
        unit: '',
        curves: [{ name, look: 'solid', color, points }],
        level: bar === undefined ? null : { name: trivial!.predictor, y: bar },
        best: best === undefined || value === undefined ? null : [place.of(best), value],
      };
    }),
  );
}

/** Of a task's metrics, in the order in which they were told. */
function namesOf(all: readonly MetricValues[], task: string): readonly string[] {
  return [...new Set(all.flatMap((metrics) => Object.keys(metrics[task] ?? {})))];
}

function weightCharts(history: RunHistory, place: Place): readonly Chart[] {
  const { epochs, steps } = history;
  const rate = steps.map((step): Point => [place.of(step), step.learningRate]);
  return [
    {
      id: 'weights',
      title: 'Weights of the losses, ω',
      unit: '',
      curves: perTask(history, (task) =>
        epochs.map((epoch) => [place.of(epoch), epoch.weights[task] ?? NaN]),
      ),
    },
    {
      id: 'learning-rate',
      title: 'Learning rate',
      unit: '',
      curves: [{ name: 'learning rate', look: 'solid', color: 6, points: extremes(rate, stepBuckets) }],
    },
  ];
}

function gradientCharts(history: RunHistory, place: Place): readonly Chart[] {
  const tasks = tasksOf(history);
  const steps = history.steps.filter(({ diagnostics }) => diagnostics !== undefined);
  return [
    {
      id: 'gradient-norms',
      title: 'Gradient norms over the shared parameters',
      unit: '',
      scale: 'log',
      curves: perTask(history, (task) =>
        extremes(
          steps.map((step) => [place.of(step), step.diagnostics!.norms[task] ?? NaN]),
          stepBuckets,
        ),
      ),
    },
    {
      id: 'gradient-cosines',
      title: 'Cosines between the tasks’ gradients',
      unit: '',
      curves: pairsOf(tasks).map(([one, other], color) => ({
        name: `${one} · ${other}`,
        look: looks[color % looks.length]!,
        color,
        points: extremes(
          steps.map((step): Point => [place.of(step), step.diagnostics!.cosines[one]?.[other] ?? NaN]),
          stepBuckets,
        ),
      })),
      level: { name: 'below 0: in conflict', y: 0 },
    },
  ];
}

function speedCharts({ steps, epochs }: RunHistory, place: Place): readonly Chart[] {
  const rate = steps.map((step): Point => [place.of(step), step.imagesPerSecond]);
  return [
    {
      id: 'speed',
      title: 'Images per second',
      unit: '',
      curves: [
        ...eachStep(rate, 5),
        { name: 'images/s', look: 'solid', color: 5, points: means(rate, stepBuckets) },
      ],
    },
    {
      id: 'waiting',
      title: 'Share of the time spent waiting for data',
      unit: '%',
      curves: [
        {
          name: 'waiting',
          look: 'solid',
          color: 1,
          points: epochs.map((epoch): Point => [place.of(epoch), 100 * epoch.waiting]),
        },
      ],
    },
  ];
}

/** What a smooth curve was made of, where it was smoothed. */
function eachStep(points: readonly Point[], color: number): readonly Curve[] {
  if (points.length <= stepBuckets) return [];
  return [{ name: 'each step', look: 'pale', color, points: extremes(points, stepBuckets) }];
}

const looks = ['solid', 'dashed', 'dotted'] as const;

function perTask(history: RunHistory, points: (task: string) => readonly Point[]): readonly Curve[] {
  return tasksOf(history).map((name, color) => ({
    name,
    look: looks[color % looks.length]!,
    color,
    points: points(name),
  }));
}

/** Nothing where there is no point. A logarithmic axis is taken where it helps: over more than a power of ten, above 0. */
function viewOf(chart: Chart, xUnit: ChartView['xUnit']): readonly ChartView[] {
  const curves = chart.curves
    .map((curve) => ({ ...curve, points: curve.points.filter(([, y]) => Number.isFinite(y)) }))
    .filter(({ points }) => points.length > 0);
  if (curves.length === 0) return [];
  const rows = curves.filter(({ look }) => look !== 'pale').map(summarize);
  const [lowest, highest] = [
    Math.min(...rows.map((row) => row.lowest)),
    Math.max(...rows.map((row) => row.highest)),
  ];
  const isWide =
    lowest > 0 && highest > 10 * lowest && curves.every(({ points }) => points.every(([, y]) => y > 0));
  const { id, title, unit, level = null, best = null } = chart;
  return [
    {
      id,
      title,
      unit,
      xUnit,
      scale: chart.scale === 'log' && isWide ? 'log' : 'linear',
      curves,
      level,
      best,
      rows,
      summary: wordsOf(title, rows, level),
    },
  ];
}

function summarize({ name, points }: Curve): ChartView['rows'][number] {
  const values = points.map(([, y]) => y);
  return {
    name,
    first: values[0]!,
    last: values.at(-1)!,
    lowest: values.reduce((least, value) => Math.min(least, value)),
    highest: values.reduce((most, value) => Math.max(most, value)),
  };
}

function wordsOf(title: string, rows: ChartView['rows'], level: ChartView['level']): string {
  const curves = rows.map(({ name, first, last }) => `${name} from ${shown(first)} to ${shown(last)}`);
  return `${title}. ${[...curves, ...(level ? [`${level.name} ${shown(level.y)}`] : [])].join('; ')}.`;
}
