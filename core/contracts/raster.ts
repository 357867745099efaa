/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** An image-like array on the host: row-major, channels interleaved, `data[(y·width + x)·channels + c]`. */
export interface Raster<
  T extends Uint8Array | Uint16Array | Int32Array | Float32Array =
    Uint8Array | Uint16Array | Int32Array | Float32Array,
> extends Size {
  readonly channels: number;
  readonly data: T;
}

/** An 8-bit RGB picture. */
export type RgbImage = Raster<Uint8Array>;
