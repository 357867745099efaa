import * as tf from '@tensorflow/tfjs';
import { messageOf, MtlError, type Averaging, type World, type WorldSettings } from '../../../core/index.js';
import type { Addon } from './addon.js';
import type { TorchBackend } from './backend.js';

/** What the addon has where it is built with Gloo. */
type WithRanks = Addon & Required<Pick<Addon, 'joinRanks' | 'gatherTexts' | 'leaveRanks'>>;

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
  const { rank, size, host, port, launcherKeepsStore, name, timeout, startTimeout } = settings;
  try {
    await addon.joinRanks(host, port, !launcherKeepsStore, rank, size, timeout, startTimeout, name);
  } catch (error) {
    throw unreachable(settings, messageOf(error));
  }
  return new TorchWorld(addon, backend, settings);
}

/** torch.distributed through the addon. */
class TorchWorld implements World {
  readonly rank: number;
  readonly size: number;
  private averages = 0;

  constructor(
    private readonly addon: WithRanks,
    private readonly backend: TorchBackend,
    { rank, size }: WorldSettings,
  ) {
    this.rank = rank;
    this.size = size;
  }

  average(tensors: readonly tf.Tensor[], precision: 'float32' | 'bf16'): Averaging {
    const id = this.averages++;
    this.exchange('startAverage', this.slots(tensors), id, precision);
    return { finish: () => this.exchange('finishAverage', id) };
  }

  broadcast(tensors: readonly tf.Tensor[]): tf.Tensor[] {
    return this.exchange('broadcast', this.slots(tensors));
  }

  gather(text: string): Promise<readonly string[]> {
    return this.addon.gatherTexts(text).catch((error: unknown) => {
      throw lost(error);
    });
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
