/** Where a block of numbers starts and how far apart its rows are. */
export interface Block {
  readonly values: Float32Array;
  readonly start: number;
  readonly stride: number;
}

/**
 * `to[column][row] = from[row][column]` for a block; rows of neighbouring numbers become columns.
 * Four columns at a time: each line of `from` that is brought into the cache is used whole.
 */
export function transposeBlock(from: Block, to: Block, rows: number, columns: number): void {
  const wide = columns - (columns % 4);
  for (let column = 0; column < wide; column += 4) transposeFour(from, to, rows, column);
  for (let column = wide; column < columns; column++) transposeOne(from, to, rows, column);
}

function transposeFour(from: Block, to: Block, rows: number, column: number): void {
  const source = from.values;
  const target = to.values;
  const { stride } = to;
  let read = from.start + column;
  let write = to.start + column * stride;
  for (const end = write + rows; write < end; write++, read += from.stride) {
    target[write] = source[read] as number;
    target[write + stride] = source[read + 1] as number;
    target[write + 2 * stride] = source[read + 2] as number;
    target[write + 3 * stride] = source[read + 3] as number;
  }
}

function transposeOne(from: Block, to: Block, rows: number, column: number): void {
  const source = from.values;
  const target = to.values;
  let read = from.start + column;
  let write = to.start + column * to.stride;
  for (const end = write + rows; write < end; write++, read += from.stride)
    target[write] = source[read] as number;
}
