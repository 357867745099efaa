import { existsSync, readdirSync } from 'node:fs';
import type { LocalPlace } from '../../../core/index.js';

/** Where NVIDIA's driver lists its cards. */
const driver = '/proc/driver/nvidia/gpus';

/** All cards of this host, as CUDA_VISIBLE_DEVICES names them; empty where there is none. */
export function cardsHere(): string {
  return existsSync(driver) ? [...readdirSync(driver).keys()].join(',') : '';
}

/**
 * The card of one of several ranks on a host: each the next one, from the start again where there are more ranks than cards.
 * @param cards those that it may use, as in CUDA_VISIBLE_DEVICES
 * @returns undefined where there is nothing to choose: this process trains alone, or the launcher gave it a card of its own
 */
export function ownCard({ rank, size }: LocalPlace, cards: string): string | undefined {
  const names = cards.split(',');
  return size > 1 && names.length > 1 ? names[rank % names.length] : undefined;
}
