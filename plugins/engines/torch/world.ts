import * as tf from '@tensorflow/tfjs';
import {
  messageOf,
  MtlError,
  type Averaging,
  type Groups,
  type World,
  type WorldSettings,
} from '../../../core/index.js';
import type { Addon } from './addon.js';
import type { TorchBackend } from './backend.js';

/** What the addon has where it is built with Gloo. */
type WithRanks = Addon &
  Required<Pick<Addon, 'joinRanks' | 'gatherTexts' | 'claimText' | 'toldText' | 'findRank' | 'leaveRanks'>>;

/** Whether the addon is built with Gloo. */
export function hasRanks(addon: Addon): addon is WithRanks {
  return addon.joinRanks !== undefined;
}

/** @throws MtlError `WORLD_UNREACHABLE` */
export async function joinWorld(
  addon: WithRanks,
  backend: TorchBackend,
  settings: WorldSettings,
): Promise<World> {
  const { rank, size, group, host, port, launcherKeepsStore, name, timeout, startTimeout } = settings;
  try {
    await addon.joinRanks(host, port, !launcherKeepsStore, rank, size, group, timeout, startTimeout, name);
  } catch (error) {
    throw unreachable(settings, messageOf(error));
  }
  return new TorchWorld(addon, backend, settings);
}

/** torch.distributed through the addon. */
class TorchWorld implements World {
  readonly rank: number;
  readonly size: number;
  readonly groups: Groups;
  private averages = 0;

  constructor(
    private readonly addon: WithRanks,
    private readonly backend: TorchBackend,
    { rank, group }: WorldSettings,
  ) {
    this.rank = rank % group;
    this.size = group;
    this.groups = groupsOf(addon, rank - this.rank);
  }

  average(tensors: readonly tf.Tensor[], precision: 'float32' | 'bf16'): Averaging {
    const id = this.averages++;
    this.exchange('startAverage', this.slots(tensors), id, precision);
    return { finish: () => this.exchange('finishAverage', id) };
  }

  broadcast(tensors: readonly tf.Tensor[]): tf.Tensor[] {
    return this.exchange('broadcast', this.slots(tensors));
  }

  gather(text: string, topic = 'training'): Promise<readonly string[]> {
    return this.addon.gatherTexts(text, topic, false).catch(throwLost);
  }

  async leave(failure = ''): Promise<void> {
    await this.addon.leaveRanks(failure);
  }

  private slots(tensors: readonly tf.Tensor[]): number[] {
    return tensors.map((tensor) => this.backend.slot(tensor));
  }

  private exchange(kernel: string, ...args: readonly (number | string | number[])[]): tf.Tensor[] {
    try {
      return this.backend.many(kernel, ...args).map((info) => tf.engine().makeTensorFromTensorInfo(info));
    } catch (error) {
      throw lost(error);
    }
  }
}

function groupsOf(addon: WithRanks, leader: number): Groups {
  return {
    leader,
    gather: (text) => addon.gatherTexts(text, 'all', true).catch(throwLost),
    claim: async (name, text) => (await addon.claimText(name, text).catch(throwLost))[0]!,
    told: async (name) => (await addon.toldText(name).catch(throwLost))[0],
    lives: async (rank) => (await addon.findRank(rank).catch(throwLost)).length > 0,
  };
}

function throwLost(error: unknown): never {
  throw lost(error);
}

/** What the addon says of a rank that is gone, as it says it. */
function lost(error: unknown): unknown {
  const { cause = error } = error as { cause?: unknown };
  return (cause as { code?: unknown }).code === 'RANK_LOST'
    ? new MtlError('RANK_LOST', messageOf(cause), { cause })
    : error;
}

function unreachable({ rank, size, host, port }: WorldSettings, message: string): MtlError {
  const first = message.split('\n')[0]!;
  const where = `rank ${rank} of ${size}, at ${host}:${port}`;
  if (/address already in use|EADDRINUSE|failed to listen/i.test(message))
    return new MtlError(
      'WORLD_UNREACHABLE',
      `${where}: the port is in use; choose another one with MASTER_PORT, the same for all ranks`,
    );
  return new MtlError(
    'WORLD_UNREACHABLE',
    `${where}: ${first}; see that all ranks are started, with the same WORLD_SIZE, MASTER_ADDR and MASTER_PORT and each with its own RANK`,
  );
}
