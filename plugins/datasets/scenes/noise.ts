import { Random } from '../../../core/index.js';

const bits = 7;
const side = 1 << bits;
const mask = side - 1;
const tile = makeTile();

/**
 * Smooth random texture (value noise of four octaves), bilinear between lattice points one unit
 * apart, repeating after 128 units.
 * @returns about 0 to 1, mean 0.5
 */
export function noise(u: number, v: number): number {
  const column = Math.floor(u);
  const row = Math.floor(v);
  const across = u - column;
  const down = v - row;
  const left = column & mask;
  const right = (column + 1) & mask;
  const top = (row & mask) << bits;
  const bottom = ((row + 1) & mask) << bits;
  const upper = tile[top | left]! + across * (tile[top | right]! - tile[top | left]!);
  const lower = tile[bottom | left]! + across * (tile[bottom | right]! - tile[bottom | left]!);
  return upper + down * (lower - upper);
}

function makeTile(): Float32Array {
  const random = new Random(0, 'scenes', 'noise');
  const sum = new Float32Array(side * side);
  // Cells of 8, 4, 2 and 1 units; the coarser the stronger, so that patches and grain show together.
  [0.4, 0.3, 0.2, 0.1].forEach((weight, octave) => addOctave(sum, 8 >> octave, weight, random));
  const mean = sum.reduce((total, value) => total + value, 0) / sum.length;
  // Averaging octaves narrows the spread; 1.6 brings it back to about 0 to 1.
  return sum.map((value) => 0.5 + 1.6 * (value - mean));
}

function addOctave(sum: Float32Array, cell: number, weight: number, random: Random): void {
  const count = side / cell;
  const lattice = Float32Array.from({ length: count * count }, () => random.uniform());
  for (let y = 0; y < side; y++) {
    const row = Math.floor(y / cell);
    const down = y / cell - row;
    for (let x = 0; x < side; x++) {
      const column = Math.floor(x / cell);
      const across = x / cell - column;
      const at = (r: number, c: number): number => lattice[(r % count) * count + (c % count)]!;
      const upper = at(row, column) * (1 - across) + at(row, column + 1) * across;
      const lower = at(row + 1, column) * (1 - across) + at(row + 1, column + 1) * across;
      sum[y * side + x]! += weight * (upper * (1 - down) + lower * down);
    }
  }
}
