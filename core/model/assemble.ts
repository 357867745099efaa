import type {
  Architecture,
  Backbone,
  PartContext,
  Task,
  TransferNet,
  TransferTask,
} from '../contracts/index.js';
import { badValue, MtlError, show } from '../errors.js';
import { Model } from './model.js';
import type { Resolution, TransferEdge } from './transfer-edge.js';

/**
 * Directed edges between tasks by name; `all` = both directions of every pair, `ring` = from each task to the next and from
 * the last to the first, a hub = both directions between it and every other.
 */
export type EdgeSpec =
  | 'all'
  | 'ring'
  | { readonly name: 'hub'; readonly task: string }
  | readonly (readonly [from: string, to: string])[];

/** What a model is assembled from. */
export interface ModelArgs extends Omit<PartContext, 'name'> {
  readonly tasks: readonly Task[];
  readonly architecture: Architecture;
  readonly backbone: Backbone;
  /** Absent: no transfer nets. */
  readonly transfer?:
    | {
        readonly net: TransferNet;
        readonly edges: EdgeSpec;
        /** Default 1. */
        readonly resolution?: Resolution;
      }
    | undefined;
}

/**
 * Builds a run's model: the network, and a transfer net on each edge of the transfer graph.
 * @throws MtlError `CONFIG_INVALID`; `SHAPE_MISMATCH` where the images' size does not suit a part
 */
export function assembleModel({ tasks, architecture, backbone, transfer, ...context }: ModelArgs): Model {
  const network = architecture.build({ ...context, tasks, backbone });
  const edges = transfer ? resolveEdges(tasks, transfer.edges) : [];
  return new Model(
    tasks,
    network,
    edges.map((edge) => buildEdge(transfer!, edge, context)),
  );
}

function buildEdge(
  { net, resolution = 1 }: NonNullable<ModelArgs['transfer']>,
  { from, to }: Pick<TransferEdge, 'from' | 'to'>,
  context: Omit<PartContext, 'name'>,
): TransferEdge {
  const own = { ...context, name: `transfer.${from.name}-${to.name}`, from, to };
  if (resolution === 1) return { from, to, resolution, net: net.build(own) };
  const { height, width } = context.size;
  const size = { height: height * resolution, width: width * resolution };
  if (!Number.isInteger(size.height) || !Number.isInteger(size.width)) {
    throw badValue('SHAPE_MISMATCH', {
      what: 'consistency.resolution',
      expected: `a size of images, dataset.size, that can be divided by ${1 / resolution}`,
      found: `[${height}, ${width}] at a resolution of ${resolution}`,
      fix: 'choose another size, or resolution 1',
    });
  }
  try {
    return { from, to, resolution, net: net.build({ ...own, size }) };
  } catch (error) {
    if (!(error instanceof MtlError && error.code === 'SHAPE_MISMATCH')) throw error;
    throw new MtlError(
      error.code,
      `consistency.resolution: at ${resolution} of dataset.size [${height}, ${width}], a transfer net is made for ` +
        `[${size.height}, ${size.width}], where ${error.message}`,
      { cause: error },
    );
  }
}

/**
 * The transfer graph: distinct directed edges between different tasks that can stand in it.
 * @throws MtlError `CONFIG_INVALID`
 */
export function resolveEdges(
  tasks: readonly Task[],
  spec: EdgeSpec,
): readonly Pick<TransferEdge, 'from' | 'to'>[] {
  const able = tasks.filter(isTransferTask);
  if (spec === 'all') return able.flatMap((from) => others(able, from).map((to) => ({ from, to })));
  if (spec === 'ring') {
    return able.length < 2 ? [] : able.map((from, at) => ({ from, to: able[(at + 1) % able.length]! }));
  }
  const find = (name: string, path: string): TransferTask => {
    const task = able.find((candidate) => candidate.name === name);
    if (task) return task;
    const names = able.map((each) => each.name);
    throw new MtlError(
      'CONFIG_INVALID',
      `${path}: expected one of the tasks with a prediction per pixel, ${names.join(', ')}, found ${show(name)}`,
    );
  };
  if ('task' in spec) {
    const hub = find(spec.task, 'consistency.edges.task');
    return others(able, hub).flatMap((task) => [
      { from: task, to: hub },
      { from: hub, to: task },
    ]);
  }
  const seen = new Set<string>();
  return spec.map(([from, to], index) => {
    const path = `consistency.edges[${index}]`;
    const edge = { from: find(from, `${path}[0]`), to: find(to, `${path}[1]`) };
    if (from === to || seen.has(`${from}-${to}`)) {
      throw new MtlError(
        'CONFIG_INVALID',
        `${path}: expected two different tasks, each pair once, found ${show([from, to])}`,
      );
    }
    seen.add(`${from}-${to}`);
    return edge;
  });
}

function others(tasks: readonly TransferTask[], than: TransferTask): readonly TransferTask[] {
  return tasks.filter((task) => task !== than);
}

function isTransferTask(task: Task): task is TransferTask {
  return task.transfer !== undefined;
}
