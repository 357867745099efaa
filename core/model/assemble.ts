import type {
  Architecture,
  Backbone,
  PartContext,
  Task,
  TransferNet,
  TransferTask,
} from '../contracts/index.js';
import { MtlError, show } from '../errors.js';
import { Model, type TransferEdge } from './model.js';

/** Directed edges between tasks by name; `all` = both directions of every pair. */
export type EdgeSpec = 'all' | readonly (readonly [from: string, to: string])[];

/** What a model is assembled from. */
export interface ModelArgs extends Omit<PartContext, 'name'> {
  readonly tasks: readonly Task[];
  readonly architecture: Architecture;
  readonly backbone: Backbone;
  /** Absent: no transfer nets. */
  readonly transfer?: { readonly net: TransferNet; readonly edges: EdgeSpec } | undefined;
}

/** Builds a run's model: the network, and a transfer net on each edge of the transfer graph. */
export function assembleModel({ tasks, architecture, backbone, transfer, ...context }: ModelArgs): Model {
  const network = architecture.build({ ...context, tasks, backbone });
  const edges = transfer ? resolveEdges(tasks, transfer.edges) : [];
  return new Model(
    tasks,
    network,
    edges.map(({ from, to }): TransferEdge => {
      const name = `transfer.${from.name}-${to.name}`;
      return { from, to, net: transfer!.net.build({ ...context, name, from, to }) };
    }),
  );
}

/**
 * The transfer graph: distinct directed edges between different tasks that can stand in it.
 * @throws MtlError `CONFIG_INVALID`
 */
export function resolveEdges(
  tasks: readonly Task[],
  spec: EdgeSpec,
): { from: TransferTask; to: TransferTask }[] {
  const able = tasks.filter(isTransferTask);
  if (spec === 'all') {
    return able.flatMap((from) => able.filter((to) => to !== from).map((to) => ({ from, to })));
  }
  const names = able.map(({ name }) => name);
  const find = (name: string, path: string): TransferTask => {
    const task = able.find((candidate) => candidate.name === name);
    if (task) return task;
    throw new MtlError(
      'CONFIG_INVALID',
      `${path}: expected one of the tasks with a prediction per pixel, ${names.join(', ')}, found ${show(name)}`,
    );
  };
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

function isTransferTask(task: Task): task is TransferTask {
  return task.transfer !== undefined;
}
