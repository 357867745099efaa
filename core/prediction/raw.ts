import type { DecodedInfo, Raster } from '../contracts/index.js';
import { badValue } from '../errors.js';
import { isIds } from './resize-decoded.js';

/** How the whole numbers p of a raw picture stand for what was predicted. */
export interface RawEncoding {
  /** `ids`: p itself. `numbers` and `directions` (x, y, z in R, G, B): offset + scale · p. */
  readonly kind: 'ids' | 'numbers' | 'directions';
  readonly bits: 8 | 16;
  readonly channels: number;
  readonly scale: number;
  readonly offset: number;
  /** The p of pixels where nothing is predicted, in all channels; absent where all count. */
  readonly invalid?: 0;
}

/** Raw numbers as a picture, and how to read them back. */
export interface RawPicture {
  readonly encoding: RawEncoding;
  readonly picture: Raster<Uint8Array | Uint16Array>;
}

const most = 65535;

/**
 * A decoded prediction in whole numbers, each value at most half a step from what was predicted.
 *
 * Ids take 8 bits, or 16 where there are more than 256 or nobody says how many. Numbers of a label that is missing at 0
 * (`scalar`) are multiples of one step, round in decimals and the same for all pictures whose values stay below four times
 * the label's range; it is doubled until the others fit; what is not above 0 is no prediction. Numbers within a range are
 * spread over it, others over those that there are. Directions: −1 is 1, 0 is 32768, 1 is 65535.
 * @param info what the task says of it, see `Task.decoded`
 * @throws MtlError `PLUGIN_INVALID` where ids fit into no 16 bits
 */
export function encodeRaw(raster: Raster, info: DecodedInfo | undefined): RawPicture {
  if (isIds(raster, info)) return encodeIds(raster, info);
  if (info?.kind === 'directions') return encodeDirections(raster);
  if (info?.kind === 'scalar') return encodeAmounts(raster, 4 * info.range[1], { invalid: 0 });
  return info?.kind === 'numbers' ? encodeRange(raster, info.range) : encodeFound(raster);
}

/**
 * Amounts of at least 0 by a step such that `expected` still fits, doubled until the greatest one does.
 * @param more what else the encoding says
 */
export function encodeAmounts(
  raster: Raster,
  expected: number,
  more: { readonly invalid?: 0 } = {},
): RawPicture {
  let greatest = 0;
  for (const value of raster.data) if (value > greatest && value < Infinity) greatest = value;
  let scale = roundStep(expected / most);
  while (greatest > scale * most) scale *= 2;
  return encodeNumbers(raster, { ...numbers(raster), scale, offset: 0, ...more });
}

/** What a raw picture stands for; NaN where nothing is predicted. */
export function decodeRaw(
  { height, width, channels, data }: Raster<Uint8Array | Uint16Array>,
  { kind, scale, offset, invalid }: RawEncoding,
): Raster<Int32Array | Float32Array> {
  const size = { height, width, channels };
  if (kind === 'ids') return { ...size, data: Int32Array.from(data) };
  return { ...size, data: Float32Array.from(data, (p) => (p === invalid ? NaN : offset + scale * p)) };
}

function encodeIds(raster: Raster, info: DecodedInfo | undefined): RawPicture {
  const few = info && 'names' in info && info.names.length <= 256;
  const [bits, array] = few ? ([8, Uint8Array] as const) : ([16, Uint16Array] as const);
  const wrong = raster.data.find((id) => !(id >= 0 && id < 2 ** bits));
  if (wrong !== undefined) {
    throw badValue('PLUGIN_INVALID', {
      what: 'a decoded prediction',
      expected: `ids from 0 to ${2 ** bits - 1}`,
      found: String(wrong),
      fix: 'where they are numbers, the task says so in `decoded`',
    });
  }
  const encoding = { kind: 'ids', bits, channels: raster.channels, scale: 1, offset: 0 } as const;
  return { encoding, picture: { ...raster, data: array.from(raster.data) } };
}

function encodeDirections(raster: Raster): RawPicture {
  const [scale, offset] = [1 / 32767, -32768 / 32767];
  const { picture } = encodeNumbers(raster, { ...numbers(raster), scale, offset });
  const { data } = raster;
  for (let at = 0; at < data.length; at += 3) {
    if (data[at] === 0 && data[at + 1] === 0 && data[at + 2] === 0) picture.data.fill(0, at, at + 3);
  }
  return { encoding: { ...numbers(raster), kind: 'directions', scale, offset, invalid: 0 }, picture };
}

function encodeRange(raster: Raster, [low, high]: readonly [number, number]): RawPicture {
  return encodeNumbers(raster, { ...numbers(raster), scale: (high - low) / most, offset: low });
}

/** From the least to the greatest finite one; 0 stands for those that are not. */
function encodeFound(raster: Raster): RawPicture {
  let [low, high] = [Infinity, -Infinity];
  for (const value of raster.data) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = high > low ? (high - low) / (most - 1) : 1;
  const offset = (high >= low ? low : 0) - scale;
  const finite = {
    ...raster,
    data: Float32Array.from(raster.data, (value) => (Number.isFinite(value) ? value : NaN)),
  };
  return encodeNumbers(finite, { ...numbers(raster), scale, offset, invalid: 0 });
}

function numbers({ channels }: Raster): Pick<RawEncoding, 'kind' | 'bits' | 'channels'> {
  return { kind: 'numbers', bits: 16, channels };
}

function encodeNumbers(raster: Raster, encoding: RawEncoding): RawPicture {
  const { scale, offset } = encoding;
  const data = Uint16Array.from(raster.data, (value) => {
    const p = Math.round((value - offset) / scale);
    return p > 0 ? Math.min(p, most) : 0;
  });
  return { encoding, picture: { ...raster, data } };
}

/** The next 1, 2 or 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  const digit = [1, 2, 5, 10].find((each) => each * power >= step * (1 - 1e-9))!;
  return Number((digit * power).toPrecision(1));
}
