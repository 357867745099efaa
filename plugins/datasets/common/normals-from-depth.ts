import { resizeNearest, type Raster, type Size } from '../../../core/index.js';

/** A pinhole camera: focal lengths and principal point in pixels; pixel (0, 0) has its centre at (0, 0). */
export interface Intrinsics {
  readonly fx: number;
  readonly fy: number;
  readonly cx: number;
  readonly cy: number;
}

export interface PlaneWindow {
  /** Pixels from the middle to the edge. */
  readonly radius: number;
  /** Every which pixel of the window is taken, across and down. */
  readonly step: number;
  /** Neighbours whose inverse depth is further than this share from where the surface leads belong to another one. */
  readonly jump: number;
}

const usualWindow: PlaneWindow = { radius: 3, step: 1, jump: 0.1 };
/** A plane has three unknowns; fewer points than twice as many say little. */
const fewest = 6;

/**
 * Surface normals from depth by a least-squares plane around each pixel. In a pinhole camera the inverse depth of a plane
 * is linear in the pixel's place: n·P = −c with P = z·r, r = ((x − cx)/fx, (y − cy)/fy, 1), gives 1/z = −(n/c)·r. So the
 * fit is one of a linear function to 1/z, exact on planes however steep. It is robust in two ways: neighbours that
 * lie far from where the slope at the pixel leads are left out, and the plane is fitted again without those that lie
 * twice as far off it as the average.
 * @param depth metres along the optical axis, one channel, 0 = missing
 * @param size of the result; each of its pixels is computed at the source pixel that its centre falls into
 * @returns unit vectors towards the camera, x right, y down, z away; zero where there is no depth or no plane
 */
export function normalsFromDepth(
  depth: Raster,
  camera: Intrinsics,
  size: Size = depth,
  window: Partial<PlaneWindow> = {},
): Raster<Float32Array> {
  const fitter = new PlaneFitter(depth, camera, { ...usualWindow, ...window });
  const pixels = Int32Array.from({ length: depth.height * depth.width }, (_, pixel) => pixel);
  const places = resizeNearest({ height: depth.height, width: depth.width, channels: 1, data: pixels }, size);
  const data = new Float32Array(size.height * size.width * 3);
  places.data.forEach((pixel, at) => fitter.normalAt(pixel, data, at * 3));
  return { height: size.height, width: size.width, channels: 3, data };
}

class PlaneFitter {
  /** Of the neighbours taken: offsets in pixels, inverse depth relative to the middle's, and distance from the plane. */
  private readonly dx: Float64Array;
  private readonly dy: Float64Array;
  private readonly inverse: Float64Array;
  private readonly off: Float64Array;
  private count = 0;
  /** 1/z relative to the middle's = a + b·dx + c·dy. */
  private a = 0;
  private b = 0;
  private c = 0;

  constructor(
    private readonly depth: Raster,
    private readonly camera: Intrinsics,
    private readonly window: PlaneWindow,
  ) {
    const most = (2 * Math.ceil(window.radius / window.step) + 1) ** 2;
    this.dx = new Float64Array(most);
    this.dy = new Float64Array(most);
    this.inverse = new Float64Array(most);
    this.off = new Float64Array(most);
  }

  /** Writes the normal at a pixel to `out`, from `at` on; leaves zero where there is none. */
  normalAt(pixel: number, out: Float32Array, at: number): void {
    const { fx, fy, cx, cy } = this.camera;
    const x = pixel % this.depth.width;
    const y = (pixel - x) / this.depth.width;
    this.gather(x, y);
    if (this.count < fewest || !this.fit()) return;
    this.dropFarthest();
    if (this.count >= fewest && !this.fit()) return;
    // 1/z = a + b·(x' − x) + c·(y' − y) as a function of the ray (u, v, 1): x' = fx·u + cx.
    const nx = this.b * fx;
    const ny = this.c * fy;
    const nz = this.a + this.b * (cx - x) + this.c * (cy - y);
    const length = -Math.hypot(nx, ny, nz);
    if (length === 0) return;
    out[at] = nx / length;
    out[at + 1] = ny / length;
    out[at + 2] = nz / length;
  }

  private gather(x: number, y: number): void {
    const { data, height, width } = this.depth;
    const { radius, step, jump } = this.window;
    this.count = 0;
    const middle = data[y * width + x]!;
    if (!(middle > 0)) return;
    const [across, down] = [this.slope(middle, x, y, step, 0), this.slope(middle, x, y, 0, step)];
    for (let dy = -radius; dy <= radius; dy += step) {
      if (y + dy < 0 || y + dy >= height) continue;
      for (let dx = -radius; dx <= radius; dx += step) {
        if (x + dx < 0 || x + dx >= width) continue;
        const z = data[(y + dy) * width + x + dx]!;
        if (!(z > 0)) continue;
        const inverse = middle / z;
        if (Math.abs(inverse - 1 - across * dx - down * dy) > jump) continue;
        this.dx[this.count] = dx;
        this.dy[this.count] = dy;
        this.inverse[this.count++] = inverse;
      }
    }
  }

  /** Change of the relative inverse depth a pixel, to the side where it is smaller: the other may be another surface. */
  private slope(middle: number, x: number, y: number, dx: number, dy: number): number {
    const one = this.relativeInverse(middle, x + dx, y + dy) - 1;
    const other = 1 - this.relativeInverse(middle, x - dx, y - dy);
    if (Number.isNaN(one) || Number.isNaN(other)) {
      // Outside, or without depth: there is but one side to go by, and none where that is another surface.
      const only = Number.isNaN(one) ? other : one;
      return Math.abs(only) <= this.window.jump ? only / (dx + dy) : 0;
    }
    return (Math.abs(one) <= Math.abs(other) ? one : other) / (dx + dy);
  }

  private relativeInverse(middle: number, x: number, y: number): number {
    const { data, height, width } = this.depth;
    if (x < 0 || x >= width || y < 0 || y >= height) return NaN;
    const z = data[y * width + x]!;
    return z > 0 ? middle / z : NaN;
  }

  /** Least squares over the neighbours. @returns false where they lie on a line */
  private fit(): boolean {
    const { dx, dy, inverse, count } = this;
    let [mx, my, mw] = [0, 0, 0];
    for (let k = 0; k < count; k++) {
      mx += dx[k]! / count;
      my += dy[k]! / count;
      mw += inverse[k]! / count;
    }
    let [xx, xy, yy, xw, yw] = [0, 0, 0, 0, 0];
    for (let k = 0; k < count; k++) {
      const [px, py, pw] = [dx[k]! - mx, dy[k]! - my, inverse[k]! - mw];
      xx += px * px;
      xy += px * py;
      yy += py * py;
      xw += px * pw;
      yw += py * pw;
    }
    const determinant = xx * yy - xy * xy;
    if (determinant < 1e-6 * xx * yy || determinant === 0) return false;
    this.b = (xw * yy - yw * xy) / determinant;
    this.c = (yw * xx - xw * xy) / determinant;
    this.a = mw - this.b * mx - this.c * my;
    return true;
  }

  /** Keeps the neighbours that lie near the plane. */
  private dropFarthest(): void {
    const { dx, dy, inverse, off, count } = this;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      off[k] = Math.abs(inverse[k]! - this.a - this.b * dx[k]! - this.c * dy[k]!);
      sum += off[k]!;
    }
    // 1e-9 keeps all points of an exact plane, whose distances are rounding.
    const limit = (2 * sum) / count + 1e-9;
    let kept = 0;
    for (let k = 0; k < count; k++) {
      if (off[k]! > limit) continue;
      dx[kept] = dx[k]!;
      dy[kept] = dy[k]!;
      inverse[kept++] = inverse[k]!;
    }
    this.count = kept;
  }
}
