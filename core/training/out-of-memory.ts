import { messageOf, MtlError } from '../errors.js';

/**
 * An error of a step or a validation; where memory ran out, one that names the batch size to try.
 * @param error an engine's `ENGINE_OUT_OF_MEMORY`, or what JavaScript throws where an array cannot be had
 */
export function explainMemory(error: unknown, batchSize: number): unknown {
  const isEngine = error instanceof MtlError && error.code === 'ENGINE_OUT_OF_MEMORY';
  const isHost =
    error instanceof RangeError && /allocation failed|Invalid typed array length/i.test(error.message);
  if (!isEngine && !isHost) return error;
  const fix =
    batchSize > 1
      ? `try half the batch: --set train.batchSize=${Math.floor(batchSize / 2)} (now ${batchSize})`
      : 'train.batchSize is 1 already: take smaller images (dataset.size) or a smaller network';
  // Engines end their own message with the fix that they know.
  const [what] = messageOf(error).split('; ');
  const told = isHost ? `Node could not get memory (${what})` : what!;
  return new MtlError('ENGINE_OUT_OF_MEMORY', `${told}; ${fix}`, { cause: error });
}
