import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { loadComparison, loadConfig, type Fragment } from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { plainEnvironment } from '../plain-environment.js';
import { repositoryRoot } from '../repository.js';
import { blocksOf, pages, type Block } from './blocks.js';

const bin = join(repositoryRoot(), 'dist', 'cli', 'bin.js');

/**
 * The blocks that are not run, and why: by page and the start of their code. Every other block of every page is run or,
 * as a config, loaded; a new one that cannot be fails here until it is listed.
 */
const notRun: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'README.md': {
    'npm run quickstart': 'installs and builds the clone, and is this test’s own caller',
    'npx mtl init --data folders': 'docs/guide.md runs these commands, on data that are there',
    'sudo apt-get': 'installs a system package',
    'mtl completion': 'writes to the settings of the user’s shell',
  },
  'docs/architecture.md': { 'core/ ': 'a list of folders' },
  'docs/compare.md': {
    'mtl compare --file compare.yaml': 'a dozen trainings; test/cli/compare has small ones',
    'mtl compare --preset paper-models': 'trains the paper’s tables',
    'extends: paper-encoders': 'needs a file of ImageNet’s weights',
  },
  'docs/data.md': {
    'npx mtl init --data cityscapes': 'needs Cityscapes’ files, which their owners give out',
  },
  'docs/distributed.md': {
    'sudo apt-get': 'installs system packages',
    'mtl train --engine torch':
      'needs the engine torch, which is not everywhere; test/cli/ranks.test.ts starts ranks so',
    'torchrun --no_python': 'needs PyTorch and two hosts',
  },
  'docs/engines.md': {
    'apt-get install': 'installs system packages',
    'mtl engine build torch': 'compiles for minutes; test/plugins/engines/torch builds it where libtorch is',
    'mtl train --engine torch': 'needs the engine torch, which is not everywhere',
    'npm install webgpu': 'installs packages',
    'npm install @tensorflow/tfjs-node': 'installs packages that download from outside of the registry',
  },
  'docs/export.md': {
    'mtl export runs/first': 'docs/guide.md exports the run that it trains',
    'const model = await': 'is for a browser; test/examples/browser runs a whole page',
    'mtl train --set init': 'needs the files above; test/cli/export makes and reads them',
    'node dist/examples/browser': 'test/examples/browser builds and serves the page',
  },
  'docs/networks.md': {
    'mtl train --set architecture=single':
      'two trainings; test/plugins/architectures/resnet-forms.test.ts starts from single networks',
  },
  'docs/predict.md': {
    'npx mtl predict runs/first': 'docs/guide.md predicts with the run that it trains',
    'import { ImagePredictor': 'needs a run and pictures; test/core/run/predict has them',
  },
  'docs/report.md': {
    'mtl report runs/first': 'docs/guide.md reports on the run that it trains; --serve goes on until Ctrl-C',
  },
  'docs/plugins.md': { 'plugins: [./my-plugin.ts': 'names a package that does not exist' },
  'docs/results/consistency.md': {
    'mtl compare --file': 'two dozen trainings; a test below reads the files',
  },
  'docs/results/energy.md': { 'for DATA in': 'needs the trainings of docs/results/models.md' },
  'docs/results/models.md': { 'mtl compare --file': 'two dozen trainings; a test below reads the file' },
  'docs/results/table-2.md': { 'mtl compare --file': 'two dozen trainings; a test below reads the file' },
  'docs/runs.md': {
    'mtl train --resume --run': 'needs a long run; test/cli/resume-from.test.ts resumes so',
    'pip install tensorboard': 'installs a Python package',
  },
};

function reasonOf({ page, code }: Block): string | undefined {
  return Object.entries(notRun[page] ?? {}).find(([start]) => code.startsWith(start))?.[1];
}

describe('the code in the docs', function () {
  this.timeout(300_000);

  it('has no exception that is no longer needed', () => {
    const blocks = pages().flatMap(blocksOf);
    for (const [page, exceptions] of Object.entries(notRun)) {
      for (const start of Object.keys(exceptions)) {
        const found = blocks.some((block) => block.page === page && block.code.startsWith(start));
        expect(found, `${page}: ${start}`).to.equal(true);
      }
    }
  });

  for (const [name, runs, shown] of [
    ['models-scenes', 12, 4],
    ['table-2', 24, 4],
    ['consistency-scenes', 10, 4],
    ['consistency-graphs', 6, 3],
    ['consistency-labels', 6, 4],
  ] as const) {
    it(`has a comparison that can be run again: ${name}`, async () => {
      const file = join(repositoryRoot(), `docs/results/${name}.yaml`);
      const { cells, columns } = await loadComparison({ plugins: [builtin], file });
      expect(cells).to.have.length(runs);
      expect(columns).to.have.length(shown);
    });
  }

  for (const page of pages()) {
    const blocks = blocksOf(page).filter((block) => reasonOf(block) === undefined);
    if (blocks.length === 0) continue;
    describe(page, () => {
      let folder: string;
      // Within the package, where its own name leads to what it exports. A page's blocks go on from one another.
      before(() => {
        folder = mkdtempSync(join(repositoryRoot(), 'dist', 'docs-'));
        installMtl(folder);
      });
      after(() => rmSync(folder, { recursive: true, force: true }));

      for (const block of blocks) {
        it(`line ${block.line}: ${block.code.split('\n')[0]}`, () => run(block, folder));
      }
    });
  }
});

/** `mtl` and `npx mtl` for the blocks in a shell. */
function installMtl(folder: string): void {
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'mtl'), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`, {
    mode: 0o755,
  });
}

async function run(block: Block, folder: string): Promise<void> {
  const { language, code, file } = block;
  if (file !== undefined) writeFileSync(join(folder, file), code);
  if (language === 'yaml') return loadYaml(block, folder);
  if (language === 'sh') return runProgram('bash', ['-euo', 'pipefail', '-c', code], folder);
  if (language === 'ts' || language === 'js') {
    // One with a name is a plugin, which a config after it loads.
    if (file !== undefined) return;
    const program = join(folder, `line-${block.line}.mjs`);
    writeFileSync(program, code);
    return runProgram(process.execPath, [program], folder);
  }
  expect.fail(`no way to run a block of "${language}": make it run, or list it in notRun with the reason`);
}

function runProgram(command: string, args: readonly string[], folder: string): void {
  const env = {
    ...plainEnvironment,
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    // A block may write to the user's own files, such as ~/.bashrc.
    HOME: folder,
    // No compiled engine: what the pages show has to run everywhere.
    CROSSTASK_CACHE: join(folder, 'cache'),
  };
  const { status, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', env });
  expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
}

/** A whole config, a comparison, or some keys of a config. */
async function loadYaml({ code, file }: Block, folder: string): Promise<void> {
  const plugins = [builtin];
  if (file !== undefined) {
    await loadConfig({ plugins, file: join(folder, file) });
    return;
  }
  if (/^axes:/m.test(code)) {
    const path = join(folder, 'comparison.yaml');
    writeFileSync(path, code);
    const { cells } = await loadComparison({ plugins, file: path });
    expect(cells).to.not.be.empty;
    return;
  }
  for (const keys of alternatives(code)) {
    await loadConfig({ plugins, folder, preset: 'xtasc-net', config: keys });
  }
}

/** A block may show one key several times, one way to write it a line: each is a config. */
function alternatives(code: string): readonly Fragment[] {
  const lines = code.trimEnd().split('\n');
  const keys = lines.map((line) => /^(\w+):/.exec(line)?.[1]);
  if (new Set(keys).size === keys.length || keys.includes(undefined)) return [parse(code) as Fragment];
  return lines.map((line) => parse(line) as Fragment);
}
