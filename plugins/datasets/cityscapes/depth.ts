import { z } from 'zod';
import { badValue, type LabelInfo, type Raster, readRegularFile, unreadable } from '../../../core/index.js';

/** What depth is to be read as. */
export interface DepthOptions {
  readonly depth: 'inverse' | 'metres';
  /** Metres beyond which there is no depth. */
  readonly maxDepth: number | undefined;
}

/** A stereo camera. */
export interface Stereo {
  /** Metres between the two lenses. */
  readonly baseline: number;
  /** Focal length in pixels of the disparity's file. */
  readonly fx: number;
}

/** The one that most pictures were taken by. */
export const usualStereo: Stereo = { baseline: 0.209313, fx: 2262.52 };

/** Of the inverse depth: (p − 1)/`inverseScale`, at most `greatestInverse` (XTasC-Net's authors). */
export const inverseScale = 65536;
export const greatestInverse = 0.4922;

export function describeDepth({ depth, maxDepth = 80 }: DepthOptions): LabelInfo {
  return depth === 'inverse'
    ? { kind: 'scalar', unit: '1/m', zoom: 'keep', range: [0, greatestInverse] }
    : { kind: 'scalar', unit: 'm', zoom: 'divide', range: [0, maxDepth] };
}

/**
 * Inverse depth from a disparity file: (p − 1)/65536, at most 0.4922; p = 0 is invalid. That is the disparity in units of
 * 256 pixels: 1/z times 1.85 m, the usual camera's baseline · fx / 256 px.
 * @param stored p, 16 bits
 */
export function toInverse(stored: Raster): Raster<Float32Array> {
  return {
    ...stored,
    data: new Float32Array(stored.data).map((p) =>
      p > 0 ? Math.min((p - 1) / inverseScale, greatestInverse) : 0,
    ),
  };
}

/**
 * Metres from a disparity file: z = baseline · fx / d with d = (p − 1)/256 pixels; 0 where p is invalid (0), d is 0, or z
 * lies beyond `maxDepth`.
 * @param stored p, 16 bits
 */
export function toMetres(
  stored: Raster,
  { baseline, fx }: Stereo,
  maxDepth = Infinity,
): Raster<Float32Array> {
  return {
    ...stored,
    data: new Float32Array(stored.data).map((p) => {
      const metres = p > 1 ? (baseline * fx * 256) / (p - 1) : 0;
      return metres <= maxDepth ? metres : 0;
    }),
  };
}

/** Metres from the preprocessed inverse depth, which has the scale of `toInverse`, by the usual camera. */
export function inverseToMetres(inverse: Raster<Float32Array>, maxDepth = Infinity): Raster<Float32Array> {
  const metre = (usualStereo.baseline * usualStereo.fx) / 256;
  return {
    ...inverse,
    data: inverse.data.map((value) => (value > 0 && metre / value <= maxDepth ? metre / value : 0)),
  };
}

/** The published ones take 500 bytes. */
const longestCamera = 2 ** 20;

const camera = z.object({
  extrinsic: z.object({ baseline: z.number().positive() }),
  intrinsic: z.object({ fx: z.number().positive() }),
});

/**
 * The camera that a picture was taken by.
 * @throws MtlError `SAMPLE_INVALID`
 */
export async function readCamera(file: string): Promise<Stereo> {
  const expected = 'a camera file with extrinsic.baseline and intrinsic.fx, numbers above 0';
  let content: unknown;
  try {
    content = JSON.parse((await readRegularFile(file, longestCamera)).toString('utf8'));
  } catch (error) {
    throw unreadable(file, expected, error);
  }
  const parsed = camera.safeParse(content);
  if (parsed.success) return { ...parsed.data.extrinsic, ...parsed.data.intrinsic };
  const issue = parsed.error.issues[0]!;
  throw badValue('SAMPLE_INVALID', {
    what: file,
    expected,
    found: `at ${issue.path.join('.')}: ${issue.message}`,
    fix: 'fetch it again, or remove all camera files: the usual camera is taken where there is none',
  });
}
