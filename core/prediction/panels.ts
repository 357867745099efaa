import type { RgbImage, Size, Task } from '../contracts/index.js';
import { mosaic, resizeNearest } from '../data/index.js';
import { resizeRgb } from '../io/read-rgb.js';
import { heatMap } from './heat-map.js';
import type { ImageResult } from './image-predictor.js';

/** Colour pictures of what a model says about one image, in the predictions' size. */
export interface Pictures {
  /** By task; those that predict once per image have none. */
  readonly direct: Readonly<Record<string, RgbImage>>;
  readonly transferred: readonly { readonly from: string; readonly to: string; readonly picture: RgbImage }[];
  readonly energy?: RgbImage;
}

/**
 * Draws what a model says about one image, as its tasks draw it.
 * @param energyRange the energy that is drawn brightest
 */
export function picturesOf(tasks: readonly Task[], result: ImageResult, energyRange: number): Pictures {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const pictured = tasks.filter(({ pooled }) => !pooled);
  return {
    direct: Object.fromEntries(pictured.map((task) => [task.name, task.render(result.direct[task.name]!)])),
    transferred: result.transferred.map(({ from, to, decoded }) => ({
      from,
      to,
      picture: byName.get(to)!.render(decoded),
    })),
    ...(result.energy ? { energy: heatMap(result.energy, energyRange) } : {}),
  };
}

/**
 * One picture of all: in the first row the image and each task's prediction, below each of them what the other tasks say
 * about it, a row each, and below the image the energy.
 */
export async function panelOf(image: RgbImage, { direct, transferred, energy }: Pictures): Promise<RgbImage> {
  const columns = Object.entries(direct).map(([task, picture]) => [
    picture,
    ...transferred.filter(({ to }) => to === task).map((edge) => edge.picture),
  ]);
  columns.unshift([image, ...(energy ? [energy] : [])]);
  const height = Math.max(...columns.map(({ length }) => length));
  const rows = Array.from({ length: height }, (_, row) =>
    Promise.all(columns.map((column) => panel(column[row], image))),
  );
  return mosaic(await Promise.all(rows));
}

async function panel(picture: RgbImage | undefined, { height, width }: Size): Promise<RgbImage> {
  if (!picture) return blank;
  // Colours of classes are not to be mixed where it can be helped.
  return picture.width < width
    ? resizeNearest(picture, { height, width })
    : await resizeRgb(picture, { height, width });
}

const blank: RgbImage = { height: 1, width: 1, channels: 3, data: new Uint8Array(3).fill(255) };
