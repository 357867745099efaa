/** A task's values as a picture with its legend, or in words. */
import type { ExportedTask } from 'crosstask';
import { colorMap } from '../../../plugins/tasks/color-map.js';
import type { Values } from './model.js';

type Info = NonNullable<ExportedTask['info']>;
type Of<K extends Info['kind']> = Extract<Info, { kind: K }>;
type Rgb = readonly [number, number, number];

export interface Painted {
  /** Colour of a pixel. */
  readonly color?: (pixel: number) => Rgb;
  readonly legend?: HTMLElement;
  /** Instead of a picture. */
  readonly words?: string;
}

/** @param channels numbers per pixel */
export function paint(info: ExportedTask['info'], values: Values, channels: number): Painted {
  switch (info?.kind) {
    case 'classes':
      return {
        color: (pixel) => info.colors[values[pixel]!] ?? [0, 0, 0],
        legend: classLegend(info, values),
      };
    case 'scalar':
      return scale(values, info.range, info.unit);
    case 'directions':
      return {
        color: vector(values, (value) => ((value + 1) / 2) * 255),
        legend: element('p', 'legend', 'red: right · green: down · blue: away from the camera'),
      };
    case 'numbers':
      return channels === 3 ? { color: picture(values, info.range) } : scale(values, info.range, info.unit);
    case 'imageClass':
      return { words: info.names[values[0]!] ?? `class ${values[0]}` };
    case 'imageNumber':
      return { words: `${short(values[0]!)} ${info.unit}` };
    case undefined:
      // A task that tells nothing of itself: its first channel, between its own limits.
      return scale(
        values.filter((_, at) => at % channels === 0),
        extent(values),
        '',
      );
  }
}

/** Three numbers per pixel as red, green and blue. */
function picture(values: Values, [low, high]: readonly [number, number]): (pixel: number) => Rgb {
  return vector(values, (value) => ((value - low) / (high - low)) * 255);
}

function vector(values: Values, byte: (value: number) => number): (pixel: number) => Rgb {
  return (pixel) => [0, 1, 2].map((channel) => byte(values[3 * pixel + channel]!)) as unknown as Rgb;
}

function scale(values: Values, [low, high]: readonly [number, number], unit: string): Painted {
  const legend = element('div', 'scale');
  const bar = element('div', 'bar');
  const stops = Array.from({ length: 6 }, (_, at) => `rgb(${colorMap(at / 5).join(' ')})`);
  bar.style.background = `linear-gradient(to right, ${stops.join(', ')})`;
  legend.append(element('span', '', short(low)), bar, element('span', '', `${short(high)} ${unit}`));
  return { color: (pixel) => colorMap((values[pixel]! - low) / (high - low)), legend };
}

/** The classes that are there, the most frequent first. */
function classLegend({ names, colors }: Of<'classes'>, ids: Values): HTMLElement {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const list = element('ul', 'legend');
  for (const [id, count] of [...counts].toSorted((left, right) => right[1] - left[1])) {
    const item = element('li');
    const swatch = element('span', 'swatch');
    swatch.style.background = `rgb(${(colors[id] ?? [0, 0, 0]).join(' ')})`;
    const share = Math.round((100 * count) / ids.length);
    item.append(swatch, `${names[id] ?? `class ${id}`} ${share > 0 ? share : '<1'} %`);
    list.append(item);
  }
  return list;
}

function extent(values: Values): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

/** Three digits. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = '',
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
