/** What the page shows. */
import type { ExportMetadata } from 'crosstask';
import type { Values } from './model.js';
import { element, paint } from './paint.js';

export function find<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

export function showStatus(text: string): void {
  find('status').textContent = text;
}

/** Nothing: what was wrong is over. */
export function showError(error?: string): void {
  const place = find('error');
  place.hidden = error === undefined;
  place.textContent = error ?? '';
}

/** The image as the network sees it, and a picture for each task. */
export function showResults(
  { input, tasks }: ExportMetadata,
  pixels: ImageData,
  values: Readonly<Record<string, Values>>,
): void {
  const size = input.height * input.width;
  const figures = Object.entries(tasks).map(([name, { info, pooled }]) => {
    const channels = pooled ? values[name]!.length : values[name]!.length / size;
    const { color, legend, words } = paint(info, values[name]!, channels);
    const isPicture = color !== undefined && !pooled;
    const shown = isPicture
      ? canvasOf(draw(color, input))
      : element('p', 'value', words ?? [...values[name]!].join(', '));
    return figure(name, shown, legend);
  });
  find('results').replaceChildren(figure('image', canvasOf(pixels)), ...figures);
  find('results').hidden = false;
  find('hint').hidden = true;
}

function figure(name: string, shown: HTMLElement, legend?: HTMLElement): HTMLElement {
  const made = element('figure');
  if (shown instanceof HTMLCanvasElement) {
    shown.setAttribute('role', 'img');
    shown.setAttribute('aria-label', name);
  }
  made.append(element('figcaption', '', name), shown);
  if (legend) made.append(legend);
  return made;
}

function draw(
  color: (pixel: number) => readonly [number, number, number],
  { width, height }: ExportMetadata['input'],
): ImageData {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) data.set([...color(pixel), 255], 4 * pixel);
  return new ImageData(data, width, height);
}

function canvasOf(pixels: ImageData): HTMLCanvasElement {
  const canvas = element('canvas');
  [canvas.width, canvas.height] = [pixels.width, pixels.height];
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return canvas;
}
