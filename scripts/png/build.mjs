// Compiles decode.c with libdeflate into the module that the PNG decoder carries with it. To be run by hand where decode.c
// was changed; needs curl and Debian's clang, lld, wasi-libc and libclang-rt-dev-wasm32.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const source = {
  url: 'https://deb.debian.org/debian/pool/main/libd/libdeflate/libdeflate_1.14.orig.tar.gz',
  sha256: '89e7df898c37c3427b0f39aadcf733731321a278771d20fc553f92da8d4808ac',
};
const folder = mkdtempSync(join(tmpdir(), 'png-'));
try {
  const archive = execFileSync('curl', ['-fsSL', source.url]);
  if (createHash('sha256').update(archive).digest('hex') !== source.sha256) {
    throw new Error(`${source.url} is not what it was`);
  }
  execFileSync('tar', ['xz', '-C', folder, '--strip-components=1'], { input: archive });
  const definitions = join(folder, 'common_defs.h');
  // WebAssembly computes with 64 bits, though its addresses have 32.
  const word = 'typedef size_t machine_word_t;';
  const text = readFileSync(definitions, 'utf8');
  if (!text.includes(word)) throw new Error(`no "${word}" in ${definitions}`);
  writeFileSync(definitions, text.replace(word, 'typedef uint64_t machine_word_t;'));
  const compiled = join(folder, 'decode.wasm');
  execFileSync(
    'clang',
    [
      ...['--target=wasm32-wasi', '-O3', '-msimd128', '-mbulk-memory', '-DNDEBUG', `-I${folder}`],
      ...['-nostartfiles', '-Wl,--no-entry', '-Wl,--strip-all', '-Wl,-z,stack-size=32768', '-o', compiled],
      join(import.meta.dirname, 'decode.c'),
      ...['deflate_decompress.c', 'zlib_decompress.c', 'adler32.c'].map((file) => join(folder, 'lib', file)),
    ],
    { stdio: 'inherit' },
  );
  const lines = readFileSync(compiled)
    .toString('base64')
    .match(/.{1,104}/g);
  const licence = readFileSync(join(folder, 'COPYING'), 'utf8').trim().split('\n');
  writeFileSync(
    join(import.meta.dirname, '../../core/io/png/module-bytes.ts'),
    [
      '/**',
      ' * Compiled from scripts/png/decode.c by the script beside it; base64. It holds libdeflate 1.14:',
      ' *',
      ...licence.map((line) => ` * ${line}`.trimEnd()),
      ' */',
      'export const moduleBytes =',
      `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
      '',
    ].join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true });
}
