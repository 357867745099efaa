import { badValue, show } from '../errors.js';
import { merge, type Fragment } from './merge.js';

/**
 * Lays flags such as `train.epochs=3` over a config. Values are JSON where they parse as such, else text.
 * @throws MtlError `CONFIG_INVALID`
 */
export function applyOverrides(config: Fragment, overrides: readonly string[]): Fragment {
  return overrides.reduce((merged, override) => merge(merged, parseOverride(override)), config);
}

function parseOverride(override: string): Fragment {
  const [, path, text] = /^([^=]+)=(.*)$/s.exec(override) ?? [];
  const keys = path?.split('.') ?? [];
  const forbidden = keys.some((key) => !key || key === '__proto__');
  if (text === undefined || forbidden) {
    throw badValue('CONFIG_INVALID', {
      what: '--set',
      expected: 'key.path=value, e.g. train.epochs=3',
      found: show(override),
    });
  }
  return keys.reduceRight<unknown>((value, key) => ({ [key]: value }), parseValue(text)) as Fragment;
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
