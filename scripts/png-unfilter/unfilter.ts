/**
 * AssemblyScript: undoes the filters of a PNG's rows (PNG specification, section 9), a band of rows at a time.
 *
 * A pixel needs its left, upper and upper left neighbours, so that a row by itself is one long chain of dependent
 * instructions. Several rows go side by side in one vector, each a pixel behind the row above it: what a row needs from
 * above is then what the lanes of that row held a step before.
 */

/**
 * @param input rows as they are in the file: the filter's number, then the bytes
 * @param output for the rows without these numbers; right before it the row above the first one
 * @param rowBytes of a row's pixels
 * @param pixelBytes 1, 2 or 3
 * @returns whether every row's filter is known
 */
export function unfilter(input: usize, output: usize, rows: usize, rowBytes: usize, pixelBytes: usize): bool {
  for (let row: usize = 0; row < rows; row++) {
    if (load<u8>(input + row * (rowBytes + 1)) > 4) return false;
  }
  const together: usize = pixelBytes == 1 ? 8 : 4;
  let row: usize = 0;
  // Narrower pictures have no pixel at which all rows of a group are under way.
  if (rowBytes > (together + 1) * pixelBytes) {
    for (; row + together <= rows; row += together) {
      group(input + row * (rowBytes + 1), output + row * rowBytes, rowBytes, pixelBytes, together);
    }
  }
  for (; row < rows; row++) {
    part(input + row * (rowBytes + 1), output + row * rowBytes, rowBytes, pixelBytes, 0, rowBytes);
  }
  return true;
}

/** As many rows as go together; row k is k pixels behind row 0. */
function group(input: usize, output: usize, rowBytes: usize, pixelBytes: usize, together: usize): void {
  for (let k: usize = 0; k < together; k++) {
    const to = (together - k) * pixelBytes;
    part(input + k * (rowBytes + 1), output + k * rowBytes, rowBytes, pixelBytes, 0, to);
  }
  if (pixelBytes == 1) steps1(input, output, rowBytes);
  else if (pixelBytes == 2) steps2(input, output, rowBytes);
  else steps3(input, output, rowBytes);
  for (let k: usize = 0; k < together; k++) {
    const from = rowBytes - (1 + k) * pixelBytes;
    part(input + k * (rowBytes + 1), output + k * rowBytes, rowBytes, pixelBytes, from, rowBytes);
  }
}

/** Bytes `from` to `to` of one row. */
function part(input: usize, output: usize, rowBytes: usize, pixelBytes: usize, from: usize, to: usize): void {
  const filter = load<u8>(input);
  for (let at = from; at < to; at++) {
    const isFirst = at < pixelBytes;
    const a: i32 = isFirst ? 0 : load<u8>(output + at - pixelBytes);
    const b: i32 = load<u8>(output + at - rowBytes);
    const c: i32 = isFirst ? 0 : load<u8>(output + at - rowBytes - pixelBytes);
    let predicted = 0;
    if (filter == 1) predicted = a;
    else if (filter == 2) predicted = b;
    else if (filter == 3) predicted = (a + b) >> 1;
    else if (filter == 4) {
      const pa = abs(b - c);
      const pb = abs(a - c);
      const pc = abs(a + b - 2 * c);
      predicted = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
    store<u8>(output + at, load<u8>(input + 1 + at) + predicted);
  }
}

/**
 * Pixels of several rows.
 * @param isSub to `isPaeth`: in which lanes which filter was used
 */
// @ts-ignore: decorator
@inline
function restored(
  raw: v128, a: v128, b: v128, c: v128,
  isSub: v128, isUp: v128, isAverage: v128, isPaeth: v128,
): v128 {
  const up = i16x8.sub(b, c);
  const left = i16x8.sub(a, c);
  const pa = i16x8.abs(up);
  const pb = i16x8.abs(left);
  const pc = i16x8.abs(i16x8.add(up, left));
  const bOrC = v128.bitselect(c, b, i16x8.gt_s(pb, pc));
  const paeth = v128.bitselect(bOrC, a, i16x8.gt_s(pa, i16x8.min_s(pb, pc)));
  const average = i16x8.shr_u(i16x8.add(a, b), 1);
  const predicted = v128.or(
    v128.or(v128.and(a, isSub), v128.and(b, isUp)),
    v128.or(v128.and(average, isAverage), v128.and(paeth, isPaeth)),
  );
  return v128.and(i16x8.add(raw, predicted), i16x8.splat(255));
}

/** A byte each of 8 rows, widened to 16 bits like all that is computed with. */
// @ts-ignore: decorator
@inline
function gather1(from: usize, stride: usize): v128 {
  let bytes = v128.load8_splat(from);
  bytes = v128.load8_lane(from + stride, bytes, 1);
  bytes = v128.load8_lane(from + 2 * stride, bytes, 2);
  bytes = v128.load8_lane(from + 3 * stride, bytes, 3);
  bytes = v128.load8_lane(from + 4 * stride, bytes, 4);
  bytes = v128.load8_lane(from + 5 * stride, bytes, 5);
  bytes = v128.load8_lane(from + 6 * stride, bytes, 6);
  bytes = v128.load8_lane(from + 7 * stride, bytes, 7);
  return i16x8.extend_low_i8x16_u(bytes);
}

/** 2 bytes each of 4 rows. */
// @ts-ignore: decorator
@inline
function gather2(from: usize, stride: usize): v128 {
  let bytes = v128.load16_splat(from);
  bytes = v128.load16_lane(from + stride, bytes, 1);
  bytes = v128.load16_lane(from + 2 * stride, bytes, 2);
  bytes = v128.load16_lane(from + 3 * stride, bytes, 3);
  return i16x8.extend_low_i8x16_u(bytes);
}

/** 4 bytes each of 2 rows. */
// @ts-ignore: decorator
@inline
function gather4(from: usize, stride: usize): v128 {
  return i16x8.extend_low_i8x16_u(v128.load32_lane(from + stride, v128.load32_splat(from), 1));
}

/** 8 rows with pixels of 1 byte. */
function steps1(input: usize, output: usize, rowBytes: usize): void {
  const filters = gather1(input, rowBytes + 1);
  const isSub = i16x8.eq(filters, i16x8.splat(1));
  const isUp = i16x8.eq(filters, i16x8.splat(2));
  const isAverage = i16x8.eq(filters, i16x8.splat(3));
  const isPaeth = i16x8.eq(filters, i16x8.splat(4));
  const stride = rowBytes - 1;
  let a = gather1(output + 7, stride);
  let c = gather1(output - rowBytes + 7, stride);
  for (let x: usize = 8; x < stride; x++) {
    const raw = gather1(input + 1 + x, stride + 1);
    const b = v128.shuffle<i16>(i16x8.splat(load<u8>(output - rowBytes + x)), a, 0, 8, 9, 10, 11, 12, 13, 14);
    a = restored(raw, a, b, c, isSub, isUp, isAverage, isPaeth);
    c = b;
    const to = output + x;
    const bytes = i8x16.narrow_i16x8_u(a, a);
    v128.store8_lane(to, bytes, 0);
    v128.store8_lane(to + stride, bytes, 1);
    v128.store8_lane(to + 2 * stride, bytes, 2);
    v128.store8_lane(to + 3 * stride, bytes, 3);
    v128.store8_lane(to + 4 * stride, bytes, 4);
    v128.store8_lane(to + 5 * stride, bytes, 5);
    v128.store8_lane(to + 6 * stride, bytes, 6);
    v128.store8_lane(to + 7 * stride, bytes, 7);
  }
}

/** 4 rows with pixels of 2 bytes. */
function steps2(input: usize, output: usize, rowBytes: usize): void {
  const all = gather1(input, rowBytes + 1);
  const filters = v128.shuffle<i16>(all, all, 0, 0, 1, 1, 2, 2, 3, 3);
  const isSub = i16x8.eq(filters, i16x8.splat(1));
  const isUp = i16x8.eq(filters, i16x8.splat(2));
  const isAverage = i16x8.eq(filters, i16x8.splat(3));
  const isPaeth = i16x8.eq(filters, i16x8.splat(4));
  const stride = rowBytes - 2;
  let a = gather2(output + 6, stride);
  let c = gather2(output - rowBytes + 6, stride);
  for (let x: usize = 8; x < stride; x += 2) {
    const raw = gather2(input + 1 + x, stride + 1);
    const top = i16x8.extend_low_i8x16_u(v128.load16_splat(output - rowBytes + x));
    const b = v128.shuffle<i32>(top, a, 0, 4, 5, 6);
    a = restored(raw, a, b, c, isSub, isUp, isAverage, isPaeth);
    c = b;
    const to = output + x;
    const bytes = i8x16.narrow_i16x8_u(a, a);
    v128.store16_lane(to, bytes, 0);
    v128.store16_lane(to + stride, bytes, 1);
    v128.store16_lane(to + 2 * stride, bytes, 2);
    v128.store16_lane(to + 3 * stride, bytes, 3);
  }
}

/**
 * 4 rows with pixels of 3 bytes, 2 in each of two vectors. The fourth byte that is stored is the next pixel's first one,
 * which is put right in the next step.
 */
function steps3(input: usize, output: usize, rowBytes: usize): void {
  const all = gather1(input, rowBytes + 1);
  const upper = v128.shuffle<i16>(all, all, 0, 0, 0, 0, 1, 1, 1, 1);
  const isSub = i16x8.eq(upper, i16x8.splat(1));
  const isUp = i16x8.eq(upper, i16x8.splat(2));
  const isAverage = i16x8.eq(upper, i16x8.splat(3));
  const isPaeth = i16x8.eq(upper, i16x8.splat(4));
  const lower = v128.shuffle<i16>(all, all, 2, 2, 2, 2, 3, 3, 3, 3);
  const isSub2 = i16x8.eq(lower, i16x8.splat(1));
  const isUp2 = i16x8.eq(lower, i16x8.splat(2));
  const isAverage2 = i16x8.eq(lower, i16x8.splat(3));
  const isPaeth2 = i16x8.eq(lower, i16x8.splat(4));
  const stride = rowBytes - 3;
  let a = gather4(output + 9, stride);
  let a2 = gather4(output + 9 + 2 * stride, stride);
  let c = gather4(output - rowBytes + 9, stride);
  let c2 = gather4(output - rowBytes + 9 + 2 * stride, stride);
  for (let x: usize = 12; x < stride; x += 3) {
    const from = input + 1 + x;
    const raw = gather4(from, stride + 1);
    const raw2 = gather4(from + 2 * (stride + 1), stride + 1);
    const b = v128.shuffle<i64>(v128.load8x8_u(output - rowBytes + x), a, 0, 2);
    const b2 = v128.shuffle<i64>(a, a2, 1, 2);
    a = restored(raw, a, b, c, isSub, isUp, isAverage, isPaeth);
    a2 = restored(raw2, a2, b2, c2, isSub2, isUp2, isAverage2, isPaeth2);
    c = b;
    c2 = b2;
    const to = output + x;
    const bytes = i8x16.narrow_i16x8_u(a, a2);
    v128.store32_lane(to, bytes, 0);
    v128.store32_lane(to + stride, bytes, 1);
    v128.store32_lane(to + 2 * stride, bytes, 2);
    v128.store32_lane(to + 3 * stride, bytes, 3);
  }
}
