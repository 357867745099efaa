import { cylinderHit } from './cast.js';
import { localCoordinate, type Primitive, type Vector } from './primitives.js';

/** The stretch of ground that shadows are sought on, in metres, and the side of its cells. */
const area = { left: -48, right: 48, start: -24, end: 128 } as const;
const cell = 2;
const columns = (area.right - area.left) / cell;
const rows = (area.end - area.start) / cell;

/**
 * Answers whether a body stands between a point and the sun. A ray to the sun and the point where its extension
 * meets the ground share a shadow, so each cell of the ground lists the bodies whose shadow touches it.
 */
export class Shadows {
  /** The bodies of cell i are `members[starts[i] … starts[i + 1] − 1]`. */
  private readonly starts = new Uint32Array(columns * rows + 1);
  private readonly members: Uint16Array;
  /** Per body the direction to the sun: of a box against each face, of others in local coordinates. */
  private readonly slopes: Float64Array;

  constructor(
    private readonly bodies: readonly Primitive[],
    private readonly sun: Vector,
  ) {
    const extents = bodies.map((body) => this.extent(body));
    for (const extent of extents) forEachCell(extent, (at) => this.starts[at + 1]!++);
    for (let at = 0; at < columns * rows; at++) this.starts[at + 1]! += this.starts[at]!;
    this.members = new Uint16Array(this.starts[columns * rows]!);
    const next = this.starts.slice();
    extents.forEach((extent, index) => forEachCell(extent, (at) => (this.members[next[at]!++] = index)));
    this.slopes = new Float64Array(bodies.length * 6);
    bodies.forEach(({ shape, planes, toLocal }, index) => {
      const [table, count] = shape === 'box' ? [planes, 6] : [toLocal, 3];
      for (let k = 0; k < count; k++) {
        this.slopes[index * 6 + k] =
          table[k * 4]! * sun[0] + table[k * 4 + 1]! * sun[1] + table[k * 4 + 2]! * sun[2];
      }
    });
  }

  /** @param own the body that the point lies on, −1 or less for none: being convex, it never shades its sunny side */
  covers(x: number, y: number, z: number, own: number): boolean {
    const { sun, starts, members } = this;
    const column = Math.floor((x - (y / sun[1]) * sun[0] - area.left) / cell);
    const row = Math.floor((z - (y / sun[1]) * sun[2] - area.start) / cell);
    if (column < 0 || column >= columns || row < 0 || row >= rows) return false;
    const at = row * columns + column;
    for (let k = starts[at]!; k < starts[at + 1]!; k++) {
      const index = members[k]!;
      if (index !== own && this.isBehind(index, x, y, z)) return true;
    }
    return false;
  }

  private isBehind(index: number, x: number, y: number, z: number): boolean {
    const body = this.bodies[index]!;
    const slopes = this.slopes;
    const first = index * 6;
    if (body.shape === 'box') return meetsBox(body.planes, slopes, first, x, y, z);
    const dx = slopes[first]!;
    const dy = slopes[first + 1]!;
    const dz = slopes[first + 2]!;
    const ox = localCoordinate(body, 0, x, y, z);
    const oy = localCoordinate(body, 1, x, y, z);
    const oz = localCoordinate(body, 2, x, y, z);
    if (body.shape === 'cylinder') return cylinderHit(ox, oy, oz, dx, dy, dz, ox * ox + oz * oz - 1) > 0;
    const b = ox * dx + oy * dy + oz * dz;
    const c = ox * ox + oy * oy + oz * oz - 1;
    return c > 0 && b < 0 && b * b > (dx * dx + dy * dy + dz * dz) * c;
  }

  /** First and last column and row of its shadow: the corners of its bounds, carried along the light to the ground. */
  private extent({ corners }: Primitive): Extent {
    const { sun } = this;
    const bounds = [Infinity, -Infinity, Infinity, -Infinity] as [number, number, number, number];
    for (let corner = 0; corner < 24; corner += 3) {
      const fall = corners[corner + 1]! / sun[1];
      const x = corners[corner]! - fall * sun[0];
      const z = corners[corner + 2]! - fall * sun[2];
      bounds[0] = Math.min(bounds[0], x);
      bounds[1] = Math.max(bounds[1], x);
      bounds[2] = Math.min(bounds[2], z);
      bounds[3] = Math.max(bounds[3], z);
    }
    return {
      left: Math.max(0, Math.floor((bounds[0] - area.left) / cell)),
      right: Math.min(columns - 1, Math.floor((bounds[1] - area.left) / cell)),
      top: Math.max(0, Math.floor((bounds[2] - area.start) / cell)),
      bottom: Math.min(rows - 1, Math.floor((bounds[3] - area.start) / cell)),
    };
  }
}

interface Extent {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

function forEachCell({ left, right, top, bottom }: Extent, visit: (cell: number) => void): void {
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) visit(row * columns + column);
  }
}

function meetsBox(
  planes: Float64Array,
  slopes: Float64Array,
  first: number,
  x: number,
  y: number,
  z: number,
): boolean {
  let enter = 0;
  let leave = Infinity;
  for (let k = 0; k < 6; k++) {
    const slope = slopes[first + k]!;
    const space = planes[k * 4 + 3]! - planes[k * 4]! * x - planes[k * 4 + 1]! * y - planes[k * 4 + 2]! * z;
    if (space < 0) {
      if (slope >= 0) return false;
      enter = Math.max(enter, space / slope);
    } else if (slope > 0) leave = Math.min(leave, space / slope);
    if (enter >= leave) return false;
  }
  return enter > 0;
}
