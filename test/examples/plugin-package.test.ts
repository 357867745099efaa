import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { plainEnvironment } from '../plain-environment.js';
import { repositoryRoot } from '../repository.js';
import { tiny } from './tiny.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
}

function readJson<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(...path), 'utf8')) as T;
}

const root = repositoryRoot();

/** As in a shell of a user's own: without what `npm test` tells its children, but with this clone's compiler. */
const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(plainEnvironment).filter(
      ([name]) => !/^npm_/i.test(name) || /^npm_config_(cache|registry|userconfig)$/i.test(name),
    ),
  ),
  PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`,
};

function run(cwd: string, command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: environment,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  expect({ status, error }, `${command} ${args.join(' ')}\n${stderr}`).to.deep.equal({
    status: 0,
    error: undefined,
  });
  return stdout;
}

/** A package's tarball, as `npm publish` would upload it. */
function pack(folder: string, to: string, ...flags: readonly string[]): string {
  mkdirSync(to);
  run(folder, 'npm', 'pack', '--silent', ...flags, '--pack-destination', to);
  return join(to, readdirSync(to)[0]!);
}

/**
 * A project with crosstask from a tarball, and with the versions of this clone's lockfile for what crosstask needs: npm
 * has them in its cache from when it filled this clone, and asks the registry only where it has not.
 */
function createProject(folder: string, tarball: string): void {
  const manifest = readJson<Manifest>(root, 'package.json');
  const { packages } = readJson<Lockfile>(root, 'package-lock.json');
  const resolved = `file:${tarball}`;
  const own = { name: 'project', private: true, dependencies: { crosstask: resolved } };
  const needed = Object.entries(packages).filter(
    ([path, { dev, devOptional }]) => path && !dev && !devOptional,
  );
  const crosstask = { ...manifest, devDependencies: undefined, scripts: undefined, resolved };
  const locked = { '': own, ...Object.fromEntries(needed), 'node_modules/crosstask': crosstask };
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(own));
  writeFileSync(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: 'project', lockfileVersion: 3, requires: true, packages: locked }),
  );
  run(folder, 'npm', 'ci', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
}

describe('a plugin that is a package', function () {
  this.timeout(300_000);

  let folder: string;
  let project: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plugin-'));
    project = join(folder, 'project');
    createProject(project, pack(root, join(folder, 'crosstask'), '--ignore-scripts'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is compiled against the packed crosstask, packed, installed, and trained by npx mtl', () => {
    // Below the project, where crosstask is found as in a folder of the plugin's own after `npm install`.
    const source = join(project, 'plugin');
    cpSync(join(root, 'examples', 'plugin-edges'), source, { recursive: true });
    const tarball = pack(source, join(folder, 'plugin'));
    rmSync(source, { recursive: true });
    run(project, 'npm', 'install', '--offline', '--no-audit', '--no-fund', tarball);
    expect(readdirSync(join(project, 'node_modules', 'crosstask-plugin-edges')).toSorted()).to.deep.equal([
      'README.md',
      'dist',
      'package.json',
    ]);

    const [, readme] = /```yaml\n(.*?)```/s.exec(
      readFileSync(join(root, 'examples/plugin-edges/README.md'), 'utf8'),
    )!;
    writeFileSync(join(project, 'mtl.config.yaml'), readme!);
    const plugins = run(project, 'npx', 'mtl', 'plugins');
    for (const part of ['boundaries', 'focal', 'boundaryIou']) {
      expect(plugins).to.match(new RegExp(`${part}\\b[^\\n]*crosstask-plugin-edges`));
    }
    const changes = [...tiny, 'train.epochs=1'].flatMap((change) => ['--set', change]);
    run(project, 'npx', 'mtl', 'train', '--run', 'run', ...changes);
    const { metrics } = readJson<{ metrics: Record<string, Record<string, number>> }>(
      project,
      'run',
      'metrics.json',
    );
    expect(metrics.boundaries).to.have.all.keys('boundaryIou', 'averagePrecision');
    expect(metrics.boundaries!.boundaryIou).to.be.within(0, 1);
    expect(readFileSync(join(project, 'run', 'events.jsonl'), 'utf8')).to.match(
      /"boundaries":\{[^}]*"transferred":\{"segmentation":[^}]*"depth":/,
    );
  });
});
