import type { RgbImage } from '../../contracts/index.js';
import { sharp } from '../../io/sharp.js';

/** A picture within a page. */
export interface Picture {
  /** A data URI. */
  readonly source: string;
  readonly width: number;
  readonly height: number;
}

/** Pixels; larger pictures are made smaller, so that a page stays light. */
const longestEdge = 640;

/**
 * A picture as a data URI.
 * @param kind `photo`: as WebP, whose losses nobody sees; `map`: as a PNG of at most 256 colours, whose edges stay sharp
 */
export async function encodePicture(
  { height, width, data }: RgbImage,
  kind: 'photo' | 'map',
): Promise<Picture> {
  const image = sharp(data, { raw: { width, height, channels: 3 } }).resize({
    width: longestEdge,
    height: longestEdge,
    fit: 'inside',
    withoutEnlargement: true,
    kernel: kind === 'map' ? 'nearest' : 'lanczos3',
  });
  const encoded =
    kind === 'photo'
      ? image.webp({ quality: 85 })
      : image.png({ palette: true, compressionLevel: 9, dither: 0 });
  const { data: bytes, info } = await encoded.toBuffer({ resolveWithObject: true });
  const type = kind === 'photo' ? 'image/webp' : 'image/png';
  return {
    source: `data:${type};base64,${bytes.toString('base64')}`,
    width: info.width,
    height: info.height,
  };
}
