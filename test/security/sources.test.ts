import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { repositoryRoot } from '../repository.js';

/** Where files of data, checkpoints and weights are read. */
const readers = [
  'core/io',
  'core/data',
  'core/training',
  'core/export',
  'plugins/datasets',
  'plugins/backbones',
];

/** What makes code of text, or loads it by a name that is not in the source. */
const execution: readonly RegExp[] = [
  /\beval\s*\(/,
  /\bFunction\s*\(/,
  /from 'node:(?:vm|child_process|module)'/,
  /\bnew Worker\(\s*(?!new URL\('[^']+', import\.meta\.url\))/,
  /\brequire\s*\(/,
  /\bcreateRequire\b/,
  /\bimport\s*\(\s*(?!'[^']+'\s*\))/,
  /\bcreateJiti\b/,
  /\bimportFile\b/,
  /\bimportScripts\b/,
  /\bunserialize|deserialize\b/,
  /\bset(?:Timeout|Interval|Immediate)\s*\(\s*['"`]/,
];

function sources(folder: string): readonly string[] {
  return readdirSync(join(repositoryRoot(), folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

describe('what reads data', () => {
  for (const folder of readers) {
    it(`runs nothing that it reads: ${folder}`, () => {
      const files = sources(folder);
      expect(files).to.not.be.empty;
      for (const file of files) {
        const code = readFileSync(join(repositoryRoot(), file), 'utf8').replace(
          /\/\*[^]*?\*\/|^\s*\/\/.*$/gm,
          '',
        );
        for (const pattern of execution) expect(code, `${file}: ${pattern.source}`).to.not.match(pattern);
      }
    });

    it(`reads whole files by the readers that refuse pipes and devices: ${folder}`, () => {
      for (const file of sources(folder).filter((name) => !name.endsWith('read-file.ts'))) {
        const code = readFileSync(join(repositoryRoot(), file), 'utf8');
        expect(code, file).to.not.match(
          /\breadFile(?:Sync)?\b.*from 'node:fs|sharp\((?:bytes|buffer|file|path)\b(?!, \{ \.\.\.)/,
        );
      }
    });
  }

  it('would be told of each of them', () => {
    const wrong = [
      'eval(text)',
      'new Function(text)',
      "import { Script } from 'node:vm';",
      'require(file)',
      'new Worker(file)',
      'await import(file)',
      'await import(`${folder}/x.js`)',
      'v8.deserialize(bytes)',
      "setTimeout('code')",
    ];
    for (const code of wrong)
      expect(
        execution.some((pattern) => pattern.test(code)),
        code,
      ).to.be.true;
    expect(execution.some((pattern) => pattern.test("await import('h5wasm/node')"))).to.be.false;
  });
});
