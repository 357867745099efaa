import type { Random } from '../../../core/index.js';
import { noise } from './noise.js';

/** Linear light, 0–1. */
export type Rgb = readonly [number, number, number];

export type Pattern = 'plain' | 'patches' | 'stripes' | 'bricks' | 'tiles' | 'windows';

/** How a surface is coloured: two colours, a pattern that mixes them, and grain. */
export interface Material {
  readonly pattern: Pattern;
  readonly base: Rgb;
  readonly second: Rgb;
  /** Pattern cells per metre, across and upwards. */
  readonly scale: readonly [number, number];
  /** Strength of the brightness noise, 0–1. */
  readonly grain: number;
  /** Metres by which the texture is shifted, so that no two surfaces look alike. */
  readonly shift: number;
}

/**
 * A colour from the one family that all classes share, so that colour does not give the class away: mostly greys,
 * earth tones and muted hues, now and then a vivid one.
 */
export function paletteColor(random: Random): Rgb {
  const kind = random.uniform();
  const value = random.uniform(0.22, 0.92);
  if (kind < 0.4) return hsv(random.uniform(0, 360), random.uniform(0, 0.12), value);
  if (kind < 0.65) return hsv(random.uniform(10, 55), random.uniform(0.15, 0.5), value);
  if (kind < 0.9) return hsv(random.uniform(0, 360), random.uniform(0.1, 0.45), value);
  return hsv(random.uniform(0, 360), random.uniform(0.5, 0.85), value);
}

/** A colour given by hue (degrees), saturation and value (0–1, as displayed), in linear light. */
export function hsv(hue: number, saturation: number, value: number): Rgb {
  const channel = (n: number): number => {
    const k = (n + hue / 60) % 6;
    const displayed = value * (1 - saturation * Math.max(0, Math.min(k, 4 - k, 1)));
    return displayed * displayed;
  };
  return [channel(5), channel(3), channel(1)];
}

const commonPatterns = ['plain', 'patches', 'patches', 'stripes', 'bricks', 'tiles'] as const;

/** A surface that any class may have. */
export function commonMaterial(random: Random): Material {
  const cells = random.uniform(0.8, 5);
  return {
    pattern: random.pick(commonPatterns),
    base: paletteColor(random),
    second: paletteColor(random),
    scale: [cells, cells * random.uniform(0.5, 2)],
    grain: random.uniform(0.15, 0.7),
    shift: random.uniform(0, 64),
  };
}

/** A facade with rows of windows. */
export function facadeMaterial(random: Random): Material {
  return {
    ...commonMaterial(random),
    pattern: 'windows',
    scale: [1 / random.uniform(1.6, 4), 1 / random.uniform(2.6, 3.6)],
  };
}

/**
 * How much of a material's second colour shows at a point, 0–1.
 * @param u metres along the surface
 * @param v metres up the surface
 * @param footprint metres of the surface that a pixel covers: a pattern finer than that shows its mean, for want of
 *   more than one ray per pixel
 */
export function secondShare(material: Material, u: number, v: number, footprint: number): number {
  if (material.pattern === 'plain') return 0;
  const across = (u + material.shift) * material.scale[0];
  const up = v * material.scale[1];
  const detail = Math.min(
    1,
    Math.max(0, 1.6 - 2 * footprint * Math.max(material.scale[0], material.scale[1])),
  );
  switch (material.pattern) {
    case 'patches':
      return Math.min(1, Math.max(0, 4 * noise(across, up + material.shift) - 1.5));
    case 'stripes':
      return 0.5 + detail * (fraction(up) < 0.5 ? 0.5 : -0.5);
    case 'bricks': {
      const staggered = across + (Math.floor(up) & 1 ? 0.5 : 0);
      const joint = fraction(up) < 0.15 || fraction(staggered * 0.5) < 0.08;
      return 0.22 + detail * ((joint ? 1 : 0) - 0.22);
    }
    case 'tiles': {
      const odd = (Math.floor(across) + Math.floor(up)) & 1;
      return 0.3 + detail * (odd ? 0.3 : -0.3);
    }
    case 'windows': {
      const x = fraction(across);
      const y = fraction(up);
      if (!(x > 0.22 && x < 0.78 && y > 0.25 && y < 0.8)) return 0.31 * (1 - detail);
      // Panes differ: curtains, reflections.
      const pane = 0.35 + 0.65 * noise(Math.floor(across) * 7.3, Math.floor(up) * 5.7 + material.shift);
      return 0.31 + detail * (Math.min(1, pane * 1.4) - 0.31);
    }
  }
}

/** The factor by which grain brightens or darkens a point. */
export function grainFactor(material: Material, u: number, v: number): number {
  return 1 + material.grain * (noise(6 * (u + material.shift), 6 * v) - 0.5);
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
