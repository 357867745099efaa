import * as tf from '@tensorflow/tfjs';
import { currentWorld, meansOverRanks, type BatchPart } from './current.js';

/**
 * Makes batch norm's moving statistics the same on every rank: the mean of what each rank's samples have moved them to, a
 * sample counting like any other. Alone, and where they follow all samples anyway, it does nothing.
 * @param part which samples they have followed
 */
export function averageStatistics(statistics: readonly tf.Variable[], part: BatchPart | undefined): void {
  const among = currentWorld();
  if (!among || !part || among.syncBatchNorm || statistics.length === 0) return;
  const share = (part.count * among.world.size) / part.of;
  tf.tidy(() => {
    const means = meansOverRanks(statistics.map((statistic) => tf.mul(statistic, share)));
    statistics.forEach((statistic, index) => statistic.assign(means[index]!));
  });
}
