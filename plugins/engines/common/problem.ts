import { MtlError, type EngineCheck } from '../../../core/index.js';

/** Why an engine cannot be used, and what to do. */
export interface Problem {
  readonly reason: string;
  readonly fix: string;
}

/** @param found what an engine stands on, or why it cannot */
export function checkOf(found: { readonly detail: string } | Problem): EngineCheck {
  return 'detail' in found ? { usable: true, detail: found.detail } : { usable: false, ...found };
}

export function unusable(engine: string, { reason, fix }: Problem): MtlError {
  return new MtlError('ENGINE_UNUSABLE', `engine ${engine}: ${reason}; ${fix}`);
}
