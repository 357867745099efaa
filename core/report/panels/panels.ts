import type { HostTarget, LabelInfo, Raster, Sample, Split, Task } from '../../contracts/index.js';
import type { LoadedConfig } from '../../config/index.js';
import { collate, prepare, separate, spread } from '../../data/index.js';
import { MtlError } from '../../errors.js';
import { heatMap, predictImages, type ImagePrediction } from '../../prediction/index.js';
import { RunFolder } from '../../run/folder.js';
import { openSession } from '../../run/session.js';
import { readCheckpoint, restoreCheckpoint } from '../../training/index.js';
import { shown } from '../numbers.js';
import { encodePicture } from './encode.js';
import { errorMeasureOf, quantile } from './error-map.js';
import { maskedHeatMap, mistakeMap } from './heat.js';
import type { ClassLegend, PanelCell, PanelLegend, PanelRow, PanelsView } from './views.js';

export interface PanelOptions {
  readonly folder: string;
  /** How many samples to show. */
  readonly samples: number;
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

/** A sample, its labels, and what the model says about it. */
interface Seen {
  readonly sample: Sample;
  readonly targets: Readonly<Record<string, HostTarget>>;
  readonly prediction: ImagePrediction;
}

/** The brightest colour of an error map: few pixels are off the scale, and they do not darken the others. */
const scaleShare = 0.98;

/**
 * What the run's best model sees in samples spread over the validation split.
 * @throws MtlError where data, engine or checkpoint are not there
 */
export async function makePanels(
  loaded: LoadedConfig,
  { folder, samples, onProgress }: PanelOptions,
): Promise<PanelsView> {
  const session = await openSession(loaded, { initialize: false });
  try {
    const { model, tasks, dataset } = session;
    const split = await dataset.split('val');
    restoreCheckpoint(readCheckpoint(new RunFolder(folder).best), { model });
    const seen: Seen[] = [];
    for (const sample of await someOf(split, samples)) {
      const batch = collate([prepare(sample, tasks)]);
      const [prediction] = await predictImages(model, batch, { transfer: true });
      const targets = tasks.map(({ name }) => [name, separate(batch.targets[name]!)[0]!] as const);
      seen.push({ sample, targets: Object.fromEntries(targets), prediction: prediction! });
      onProgress?.(seen.length, Math.min(samples, split.length));
    }
    const input = await pictures('input', seen, ({ sample }) => ({ kind: 'photo', image: sample.image }));
    const rows = [input];
    for (const task of tasks)
      rows.push(...(task.pooled ? numberRows(task, seen) : await pictureRows(task, seen)));
    rows.push(...(await energyRows(seen)));
    return { samples: seen.map(({ sample }) => sample.id), rows, classes: classLegends(dataset.labels) };
  } finally {
    session.dispose();
  }
}

/** Samples spread over a split; those that cannot be read are left out. */
async function someOf(split: Split, samples: number): Promise<readonly Sample[]> {
  const found: Sample[] = [];
  for (const index of spread(split.length, samples)) {
    try {
      found.push(await split.sample(index));
    } catch (error) {
      if (!(error instanceof MtlError && error.code === 'SAMPLE_INVALID')) throw error;
    }
  }
  return found;
}

async function pictureRows(task: Task, seen: readonly Seen[]): Promise<readonly PanelRow[]> {
  const { name } = task;
  const map = (image: ReturnType<Task['render']>) => ({ kind: 'map' as const, image });
  const rows = [
    await pictures(`${name}, truth`, seen, ({ targets }) => {
      const { value, mask } = targets[name]!;
      return mask.some((labelled) => labelled === 1) ? map(task.render(value, mask)) : 'no label';
    }),
    await pictures(`${name}, prediction`, seen, ({ prediction }) =>
      map(task.render(prediction.direct[name]!)),
    ),
  ];
  const edges = seen[0]?.prediction.transferred ?? [];
  for (const [edge, { from, to }] of edges.entries()) {
    if (to !== name) continue;
    rows.push(
      await pictures(`${name}, transferred from ${from}`, seen, ({ prediction }) =>
        map(task.render(prediction.transferred[edge]!.decoded)),
      ),
    );
  }
  return [...rows, await errorRow(task, seen)];
}

async function errorRow(task: Task, seen: readonly Seen[]): Promise<PanelRow> {
  const measure = errorMeasureOf(task);
  const { kind, unit } = measure;
  const errors = seen.map(({ prediction, targets }) =>
    measure.measure(prediction.direct[task.name]!, targets[task.name]!.value),
  );
  const labelled = errors.map((error, index) =>
    error.filter((_, pixel) => seen[index]!.targets[task.name]!.mask[pixel] === 1),
  );
  const high = quantile(labelled, scaleShare);
  const legend: PanelLegend = kind === 'wrong' ? { kind } : { kind, high, unit };
  return pictures(
    `${task.name}, error`,
    seen,
    ({ targets }, index) => {
      const { value, mask } = targets[task.name]!;
      if (labelled[index]!.length === 0) return 'no label';
      const raster = { ...value, channels: 1, data: errors[index]! };
      return {
        kind: 'map',
        image: kind === 'wrong' ? mistakeMap(raster, mask) : maskedHeatMap(raster, high, mask),
      };
    },
    legend,
  );
}

async function energyRows(seen: readonly Seen[]): Promise<readonly PanelRow[]> {
  const energies = seen.flatMap(({ prediction }) => prediction.energy ?? []);
  if (energies.length === 0) return [];
  const high = quantile(
    energies.map(({ data }) => data),
    scaleShare,
  );
  const image = (_: Seen, index: number) => ({
    kind: 'map' as const,
    image: heatMap(energies[index]!, high > 0 ? high : 1),
  });
  return [await pictures('consistency energy', seen, image, { kind: 'amount', high, unit: '' })];
}

/** What is predicted once per image has no picture. */
function numberRows({ name }: Task, seen: readonly Seen[]): readonly PanelRow[] {
  const row = (title: string, value: (one: Seen) => Raster | undefined): PanelRow => ({
    title: `${name}, ${title}`,
    legend: null,
    cells: seen.map((one) => {
      const numbers = value(one);
      return { kind: 'words', text: numbers ? Array.from(numbers.data, shown).join(', ') : 'no label' };
    }),
  });
  return [
    row('truth', ({ targets }) => (targets[name]!.mask[0] === 1 ? targets[name]!.value : undefined)),
    row('prediction', ({ prediction }) => prediction.direct[name]),
  ];
}

type Shown = { readonly kind: 'photo' | 'map'; readonly image: ReturnType<Task['render']> } | string;

async function pictures(
  title: string,
  seen: readonly Seen[],
  show: (one: Seen, index: number) => Shown,
  legend: PanelLegend | null = null,
): Promise<PanelRow> {
  const cells = await Promise.all(
    seen.map(async (one, index): Promise<PanelCell> => {
      const found = show(one, index);
      if (typeof found === 'string') return { kind: 'words', text: found };
      return { kind: 'picture', ...(await encodePicture(found.image, found.kind)) };
    }),
  );
  return { title, legend, cells };
}

function classLegends(labels: Readonly<Record<string, LabelInfo>>): readonly ClassLegend[] {
  return Object.entries(labels).flatMap(([label, info]) =>
    info.kind === 'classes'
      ? [{ label, classes: info.names.map((name, id) => ({ name, color: info.colors[id] ?? [0, 0, 0] })) }]
      : [],
  );
}
