/*
 * The module that core/io/png decodes with: inflates by libdeflate, and undoes the filters of a PNG's rows (PNG
 * specification, section 9).
 *
 * A pixel needs its left, upper and upper left neighbours, so that a row by itself is one long chain of dependent
 * instructions. Several rows go side by side in one vector, each a pixel behind the row above it: what a row needs from
 * above is then what the lanes of that row held a step before.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wasm_simd128.h>
#include "libdeflate.h"

#define EXPORT(name) __attribute__((export_name(name)))

/* Rows that go side by side, at most. */
enum { MOST_TOGETHER = 16, MARGIN = 16 };

/* libdeflate allocates once, a decompressor of some 11 kB. */
static _Alignas(16) uint8_t room[16384];

void *libdeflate_malloc(size_t bytes) { return bytes <= sizeof room ? room : NULL; }
void *libdeflate_aligned_malloc(size_t alignment, size_t bytes) { return libdeflate_malloc(bytes); }
void libdeflate_free(void *pointer) {}
void libdeflate_aligned_free(void *pointer) {}

/* Where the memory begins that is free for pictures. */
extern uint8_t __heap_base;
EXPORT("start") uint8_t *start(void) { return &__heap_base; }

static int inflate(const uint8_t *from, size_t bytes, uint8_t *to, size_t wanted) {
  static struct libdeflate_decompressor *decompressor;
  if (!decompressor) decompressor = libdeflate_alloc_decompressor();
  size_t read, written;
  const enum libdeflate_result result =
      libdeflate_zlib_decompress_ex(decompressor, from, bytes, to, wanted, &read, &written);
  return result == LIBDEFLATE_SUCCESS && read == bytes && written == wanted;
}

/* Bytes `from` to `to` of one row. */
static void part(const uint8_t *input, uint8_t *output, size_t rowBytes, size_t pixelBytes, size_t from, size_t to) {
  const uint8_t filter = *input++;
  const uint8_t *above = output - rowBytes;
  for (size_t at = from; at < to; at++) {
    const int isFirst = at < pixelBytes;
    const int a = isFirst ? 0 : output[at - pixelBytes];
    const int b = above[at];
    const int c = isFirst ? 0 : above[at - pixelBytes];
    int predicted = 0;
    if (filter == 1) predicted = a;
    else if (filter == 2) predicted = b;
    else if (filter == 3) predicted = (a + b) >> 1;
    else if (filter == 4) {
      const int pa = __builtin_abs(b - c);
      const int pb = __builtin_abs(a - c);
      const int pc = __builtin_abs(a + b - 2 * c);
      predicted = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
    output[at] = input[at] + predicted;
  }
}

/* In which lanes which filter was used. */
typedef struct {
  v128_t isSub, isUp, isAverage, isPaeth;
} Filters;

static inline Filters filtersOf(v128_t filters) {
  return (Filters){
      wasm_i8x16_eq(filters, wasm_i8x16_const_splat(1)),
      wasm_i8x16_eq(filters, wasm_i8x16_const_splat(2)),
      wasm_i8x16_eq(filters, wasm_i8x16_const_splat(3)),
      wasm_i8x16_eq(filters, wasm_i8x16_const_splat(4)),
  };
}

/* |x − y| from the two differences, each 0 where it would be negative. */
static inline v128_t distance(v128_t x, v128_t y) {
  return wasm_v128_or(wasm_u8x16_sub_sat(x, y), wasm_u8x16_sub_sat(y, x));
}

/* Of a, b and c the one that is nearest to a + b − c; the first of equals. A distance beyond 255 is never the least. */
static inline v128_t paeth(v128_t a, v128_t b, v128_t c) {
  const v128_t pa = distance(b, c);
  const v128_t pb = distance(a, c);
  const v128_t rise = wasm_u8x16_add_sat(wasm_u8x16_sub_sat(a, c), wasm_u8x16_sub_sat(b, c));
  const v128_t fall = wasm_u8x16_add_sat(wasm_u8x16_sub_sat(c, a), wasm_u8x16_sub_sat(c, b));
  const v128_t pc = distance(rise, fall);
  const v128_t least = wasm_u8x16_min(pb, pc);
  const v128_t bOrC = wasm_v128_bitselect(b, c, wasm_i8x16_eq(least, pb));
  return wasm_v128_bitselect(a, bOrC, wasm_i8x16_eq(wasm_u8x16_min(pa, least), pa));
}

/* Bytes of several rows. */
static inline v128_t restored(v128_t raw, v128_t a, v128_t b, v128_t c, Filters filters) {
  // The instruction rounds up.
  const v128_t odd = wasm_v128_and(wasm_v128_xor(a, b), wasm_i8x16_const_splat(1));
  const v128_t average = wasm_i8x16_sub(wasm_u8x16_avgr(a, b), odd);
  const v128_t predicted = wasm_v128_or(
      wasm_v128_or(wasm_v128_and(a, filters.isSub), wasm_v128_and(b, filters.isUp)),
      wasm_v128_or(wasm_v128_and(average, filters.isAverage), wasm_v128_and(paeth(a, b, c), filters.isPaeth)));
  return wasm_i8x16_add(raw, predicted);
}

/* A byte each of 8 rows, in the lanes `lane` to `lane` + 7. */
#define LOAD_8(bytes, from, stride, lane)                              \
  bytes = wasm_v128_load8_lane((from), bytes, (lane));                 \
  bytes = wasm_v128_load8_lane((from) + (stride), bytes, (lane) + 1);     \
  bytes = wasm_v128_load8_lane((from) + 2 * (stride), bytes, (lane) + 2); \
  bytes = wasm_v128_load8_lane((from) + 3 * (stride), bytes, (lane) + 3); \
  bytes = wasm_v128_load8_lane((from) + 4 * (stride), bytes, (lane) + 4); \
  bytes = wasm_v128_load8_lane((from) + 5 * (stride), bytes, (lane) + 5); \
  bytes = wasm_v128_load8_lane((from) + 6 * (stride), bytes, (lane) + 6); \
  bytes = wasm_v128_load8_lane((from) + 7 * (stride), bytes, (lane) + 7)

#define STORE_8(to, stride, bytes, lane)                        \
  wasm_v128_store8_lane((to), bytes, (lane));                   \
  wasm_v128_store8_lane((to) + (stride), bytes, (lane) + 1);     \
  wasm_v128_store8_lane((to) + 2 * (stride), bytes, (lane) + 2); \
  wasm_v128_store8_lane((to) + 3 * (stride), bytes, (lane) + 3); \
  wasm_v128_store8_lane((to) + 4 * (stride), bytes, (lane) + 4); \
  wasm_v128_store8_lane((to) + 5 * (stride), bytes, (lane) + 5); \
  wasm_v128_store8_lane((to) + 6 * (stride), bytes, (lane) + 6); \
  wasm_v128_store8_lane((to) + 7 * (stride), bytes, (lane) + 7)

/* A byte each of 16 rows. */
static inline v128_t gather1(const uint8_t *from, size_t stride) {
  v128_t bytes = wasm_i8x16_const_splat(0);
  LOAD_8(bytes, from, stride, 0);
  LOAD_8(bytes, from + 8 * stride, stride, 8);
  return bytes;
}

/* 2 bytes each of 8 rows. */
static inline v128_t gather2(const uint8_t *from, size_t stride) {
  v128_t bytes = wasm_v128_load16_splat(from);
  bytes = wasm_v128_load16_lane(from + stride, bytes, 1);
  bytes = wasm_v128_load16_lane(from + 2 * stride, bytes, 2);
  bytes = wasm_v128_load16_lane(from + 3 * stride, bytes, 3);
  bytes = wasm_v128_load16_lane(from + 4 * stride, bytes, 4);
  bytes = wasm_v128_load16_lane(from + 5 * stride, bytes, 5);
  bytes = wasm_v128_load16_lane(from + 6 * stride, bytes, 6);
  return wasm_v128_load16_lane(from + 7 * stride, bytes, 7);
}

/* 4 bytes each of 4 rows. */
static inline v128_t gather4(const uint8_t *from, size_t stride) {
  v128_t bytes = wasm_v128_load32_splat(from);
  bytes = wasm_v128_load32_lane(from + stride, bytes, 1);
  bytes = wasm_v128_load32_lane(from + 2 * stride, bytes, 2);
  return wasm_v128_load32_lane(from + 3 * stride, bytes, 3);
}

/*
 * The steps of a group of rows: `a` holds what a step before made, which is left of what is made now and, a row further
 * down, above it.
 */

/* 16 rows with pixels of 1 byte. */
static void steps1(const uint8_t *input, uint8_t *output, size_t rowBytes) {
  const size_t stride = rowBytes - 1;
  const Filters filters = filtersOf(gather1(input, rowBytes + 1));
  v128_t a = gather1(output + 15, stride);
  v128_t c = gather1(output - rowBytes + 15, stride);
  for (size_t x = 16; x < stride; x++) {
    const v128_t raw = gather1(input + 1 + x, stride + 1);
    const v128_t top = wasm_v128_load8_splat(output - rowBytes + x);
    const v128_t b = wasm_i8x16_shuffle(top, a, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
    a = restored(raw, a, b, c, filters);
    c = b;
    STORE_8(output + x, stride, a, 0);
    STORE_8(output + x + 8 * stride, stride, a, 8);
  }
}

/* 8 rows with pixels of 2 bytes. */
static void steps2(const uint8_t *input, uint8_t *output, size_t rowBytes) {
  const size_t stride = rowBytes - 2;
  v128_t all = wasm_i8x16_const_splat(0);
  LOAD_8(all, input, rowBytes + 1, 0);
  const Filters filters =
      filtersOf(wasm_i8x16_shuffle(all, all, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));
  v128_t a = gather2(output + 14, stride);
  v128_t c = gather2(output - rowBytes + 14, stride);
  for (size_t x = 16; x < stride; x += 2) {
    const v128_t raw = gather2(input + 1 + x, stride + 1);
    const v128_t top = wasm_v128_load16_splat(output - rowBytes + x);
    const v128_t b = wasm_i16x8_shuffle(top, a, 0, 8, 9, 10, 11, 12, 13, 14);
    a = restored(raw, a, b, c, filters);
    c = b;
    uint8_t *to = output + x;
    wasm_v128_store16_lane(to, a, 0);
    wasm_v128_store16_lane(to + stride, a, 1);
    wasm_v128_store16_lane(to + 2 * stride, a, 2);
    wasm_v128_store16_lane(to + 3 * stride, a, 3);
    wasm_v128_store16_lane(to + 4 * stride, a, 4);
    wasm_v128_store16_lane(to + 5 * stride, a, 5);
    wasm_v128_store16_lane(to + 6 * stride, a, 6);
    wasm_v128_store16_lane(to + 7 * stride, a, 7);
  }
}

/*
 * 4 rows with pixels of 3 bytes. The fourth byte that is stored is the next pixel's first one, which is put right in the
 * next step.
 */
static void steps3(const uint8_t *input, uint8_t *output, size_t rowBytes) {
  const size_t stride = rowBytes - 3;
  const uint8_t *second = input + rowBytes + 1, *third = second + rowBytes + 1, *fourth = third + rowBytes + 1;
  const Filters filters = filtersOf(wasm_i8x16_make(
      *input, *input, *input, *input, *second, *second, *second, *second,
      *third, *third, *third, *third, *fourth, *fourth, *fourth, *fourth));
  v128_t a = gather4(output + 9, stride);
  v128_t c = gather4(output - rowBytes + 9, stride);
  for (size_t x = 12; x < stride; x += 3) {
    const v128_t raw = gather4(input + 1 + x, stride + 1);
    const v128_t top = wasm_v128_load32_splat(output - rowBytes + x);
    const v128_t b = wasm_i32x4_shuffle(top, a, 0, 4, 5, 6);
    a = restored(raw, a, b, c, filters);
    c = b;
    uint8_t *to = output + x;
    wasm_v128_store32_lane(to, a, 0);
    wasm_v128_store32_lane(to + stride, a, 1);
    wasm_v128_store32_lane(to + 2 * stride, a, 2);
    wasm_v128_store32_lane(to + 3 * stride, a, 3);
  }
}

/* As many rows as go together; row k is k pixels behind row 0. */
static void group(const uint8_t *input, uint8_t *output, size_t rowBytes, size_t pixelBytes, size_t together) {
  for (size_t k = 0; k < together; k++) {
    const size_t to = (together - k) * pixelBytes;
    part(input + k * (rowBytes + 1), output + k * rowBytes, rowBytes, pixelBytes, 0, to);
  }
  if (pixelBytes == 1) steps1(input, output, rowBytes);
  else if (pixelBytes == 2) steps2(input, output, rowBytes);
  else steps3(input, output, rowBytes);
  for (size_t k = 0; k < together; k++) {
    const size_t from = rowBytes - (1 + k) * pixelBytes;
    part(input + k * (rowBytes + 1), output + k * rowBytes, rowBytes, pixelBytes, from, rowBytes);
  }
}

static int unfilter(const uint8_t *input, uint8_t *output, size_t rows, size_t rowBytes, size_t pixelBytes) {
  for (size_t row = 0; row < rows; row++) {
    if (input[row * (rowBytes + 1)] > 4) return 0;
  }
  const size_t together = pixelBytes == 1 ? 16 : pixelBytes == 2 ? 8 : 4;
  size_t row = 0;
  /* Narrower pictures have no pixel at which all rows of a group are under way. */
  if (rowBytes > (together + 1) * pixelBytes) {
    for (; row + together <= rows; row += together) {
      group(input + row * (rowBytes + 1), output + row * rowBytes, rowBytes, pixelBytes, together);
    }
  }
  for (; row < rows; row++) {
    part(input + row * (rowBytes + 1), output + row * rowBytes, rowBytes, pixelBytes, 0, rowBytes);
  }
  return 1;
}

/* Bytes beside the compressed ones that `decode` needs for a picture. */
EXPORT("roomFor") size_t roomFor(size_t rows, size_t rowBytes) {
  return rowBytes + MOST_TOGETHER * rowBytes + MARGIN + rows * (rowBytes + 1) + MARGIN;
}

/*
 * @param compressed zlib's stream, behind the room for the picture
 * @param space as `roomFor` says; the row above the first one is at its beginning, then come the pixels. They are inflated
 *   to so far behind that a group of rows never overwrites what is still to be read
 * @param pixelBytes 1, 2 or 3
 * @returns where the pixels are; 0 where the stream does not hold exactly them, or a filter is unknown
 */
EXPORT("decode") uint8_t *decode(
    const uint8_t *compressed, size_t bytes, uint8_t *space, size_t rows, size_t rowBytes, size_t pixelBytes) {
  uint8_t *pixels = space + rowBytes;
  uint8_t *filtered = pixels + MOST_TOGETHER * rowBytes + MARGIN;
  if (!inflate(compressed, bytes, filtered, rows * (rowBytes + 1))) return NULL;
  memset(space, 0, rowBytes);
  return unfilter(filtered, pixels, rows, rowBytes, pixelBytes) ? pixels : NULL;
}
