import type { Random } from '../../../core/index.js';
import { hsv, type Rgb } from './materials.js';
import type { Vector } from './primitives.js';

/** Sun, sky, air and sensor. Colours are linear light. */
export interface Light {
  /** Index into `weatherNames`. */
  readonly weather: number;
  /** Unit vector towards the sun. */
  readonly sun: Vector;
  readonly sunColor: Rgb;
  /** Light from the sky on a horizontal surface. */
  readonly ambient: Rgb;
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  readonly clouds: Rgb;
  /** Share of clouds, 0–1. */
  readonly cover: number;
  readonly cloudShift: number;
  /** Fog: light kept per metre is exp(−density). */
  readonly density: number;
  readonly exposure: number;
  /** Share of the light lost in the corners. */
  readonly vignette: number;
  /** Standard deviation of the sensor's noise, in 8-bit steps. */
  readonly sensorNoise: number;
  readonly noiseSeed: number;
}

interface Weather {
  /** Hue (degrees), saturation and value of the sky; value as displayed. */
  readonly zenith: readonly [number, number, number];
  readonly horizon: readonly [number, number, number];
  /** Range of the sun's strength. */
  readonly sun: readonly [number, number];
  readonly sunHue: number;
  /** Saturation of the sunlight. */
  readonly warmth: number;
}

// Skies are as dark, as grey and as brown as walls and streets are, so that the sky is not known by its colour.
const weathers = {
  clear: { zenith: [215, 0.6, 0.6], horizon: [208, 0.2, 0.8], sun: [0.8, 1.4], sunHue: 45, warmth: 0.12 },
  hazy: { zenith: [215, 0.25, 0.5], horizon: [210, 0.1, 0.72], sun: [0.5, 1.2], sunHue: 45, warmth: 0.08 },
  overcast: { zenith: [220, 0.04, 0.62], horizon: [30, 0.04, 0.68], sun: [0, 0.15], sunHue: 45, warmth: 0 },
  stormy: { zenith: [225, 0.15, 0.3], horizon: [210, 0.1, 0.45], sun: [0, 0.5], sunHue: 45, warmth: 0.1 },
  dusk: { zenith: [235, 0.35, 0.35], horizon: [25, 0.45, 0.7], sun: [0.4, 1], sunHue: 28, warmth: 0.4 },
  dust: { zenith: [40, 0.15, 0.55], horizon: [36, 0.25, 0.66], sun: [0.2, 0.9], sunHue: 40, warmth: 0.25 },
} as const satisfies Readonly<Record<string, Weather>>;

/** What the label `weather` names. */
export const weatherNames = Object.keys(weathers) as readonly (keyof typeof weathers)[];

export function createLight(random: Random): Light {
  const name = random.pick(weatherNames);
  const weather: Weather = weathers[name];
  const azimuth = random.uniform(0, 2 * Math.PI);
  const elevation = random.uniform(0.4, 1.2);
  const strength = random.uniform(...weather.sun);
  const brightness = random.uniform(0.4, 1.15);
  const vary = ([hue, saturation, value]: Weather['zenith']): Rgb =>
    hsv(
      hue + random.uniform(-12, 12) + 360,
      saturation * random.uniform(0.6, 1.3),
      Math.min(1, value * brightness * random.uniform(0.85, 1.15)),
    );
  const [zenith, horizon] = [vary(weather.zenith), vary(weather.horizon)];
  const [skyTint, sunTint] = [tint(zenith, horizon), hsv(weather.sunHue, weather.warmth, 1)];
  const fill = random.uniform(0.3, 0.6);
  return {
    weather: weatherNames.indexOf(name),
    sun: [
      Math.cos(elevation) * Math.sin(azimuth),
      Math.sin(elevation),
      Math.cos(elevation) * Math.cos(azimuth),
    ],
    sunColor: scale(sunTint, strength),
    ambient: scale(skyTint, fill),
    zenith,
    horizon,
    clouds: scale([1, 1, 1], random.uniform(0.06, 0.7)),
    cover: random.uniform(0, 0.9),
    cloudShift: random.uniform(0, 128),
    density: random.uniform() < 0.35 ? random.uniform(0.008, 0.035) : random.uniform(0, 0.006),
    exposure: random.uniform(0.75, 1.25) / (0.65 * strength + fill),
    vignette: random.uniform(0, 0.35),
    sensorNoise: random.uniform(0.5, 7),
    noiseSeed: random.uint32(),
  };
}

/** The hue of the sky as light: its mean colour at a mean of 1, halfway to white. */
function tint(a: Rgb, b: Rgb): Rgb {
  const mean = (a[0] + a[1] + a[2] + b[0] + b[1] + b[2]) / 3;
  const channel = (k: 0 | 1 | 2): number => 0.5 + (0.5 * (a[k] + b[k])) / mean;
  return [channel(0), channel(1), channel(2)];
}

function scale([r, g, b]: Rgb, factor: number): Rgb {
  return [r * factor, g * factor, b * factor];
}
