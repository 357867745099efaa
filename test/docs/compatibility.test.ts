import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Export from '../../cli/commands/export.js';
import { Registry } from '../../core/index.js';
import { format, version } from '../../core/training/saving/snapshot.js';
import { openPicture } from '../../core/io/open-picture.js';
import { builtin } from '../../plugins/index.js';
import { repositoryRoot } from '../repository.js';

function read(...path: string[]): string {
  return readFileSync(join(repositoryRoot(), ...path), 'utf8');
}

const page = read('docs', 'compatibility.md');

/** What stands in code spans of a text. */
function spans(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);
}

/** The cells of the row that begins so; all of the page's tables. */
function row(first: string): string {
  const found = page.split('\n').find((line) => line.startsWith('|') && line.split('|')[1]!.trim() === first);
  expect(found, `a row of ${first}`).to.be.a('string');
  return found!.split('|')[2]!;
}

/** The names in the first column of a table. */
function firstColumn(heading: string): readonly string[] {
  const [, table] = page.split(new RegExp(`^\\| ${heading} +\\|.*\\n\\|[- |]+\\n`, 'm'));
  const rows = table!.split('\n');
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) => spans(line)[0]!);
}

function sources(): readonly string[] {
  return ['core', 'plugins', 'cli'].flatMap((folder) =>
    readdirSync(join(repositoryRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
}

describe('docs/compatibility.md', () => {
  const registry = new Registry([builtin]);

  it('names the versions of package.json', () => {
    const manifest = JSON.parse(read('package.json')) as Record<
      'engines' | 'dependencies' | 'devDependencies',
      Record<string, string>
    > & { version: string };
    expect(spans(row('Node'))[0]).to.equal(manifest.engines.node);
    for (const name of ['@tensorflow/tfjs', 'zod']) {
      expect(spans(row(`\`${name}\``))[0]).to.equal(manifest.dependencies[name]);
    }
    expect(spans(row('TypeScript'))[0]).to.equal(manifest.devDependencies.typescript);
    expect(page).to.include(`crosstask ${manifest.version.split('.').slice(0, 2).join('.')} `);
  });

  it('lists the engines, the data sets and the exporters that there are', () => {
    expect(firstColumn('engine')).to.have.members(registry.names('engine'));
    expect(firstColumn('data set')).to.have.members(registry.names('dataset'));
    expect(spans(row('`mtl data export --format`'))).to.have.members(registry.names('exporter'));
    expect(spans(row('`mtl export --format`'))).to.have.members(Export.flags.format.options!);
  });

  it('lists the kinds of pictures that are read', () => {
    const [, kinds] = /Pictures are ([\w, ]+)\./.exec(page)!;
    expect(() => openPicture(Buffer.from('none of these'))).to.throw(`like none of ${kinds}`);
  });

  it('names the checkpoints’ format and version', () => {
    expect(page).to.include(`format \`${format}\`, version \`${version}\``);
  });

  it('lists every error code that there is, each of which the source uses, by its exit code', () => {
    const errors = read('core', 'errors.ts');
    const [, union] = /type ErrorCode =([^;]*);/.exec(errors)!;
    const codes = [...union!.matchAll(/'(\w+)'/g)].map(([, code]) => code!);
    const [, table] = /exitCodes[^{]*\{([^}]*)\}/.exec(read('cli', 'base-command.ts'))!;
    const exits = new Map([...table!.matchAll(/(\w+): (\d+)/g)].map(([, code, exit]) => [code!, exit!]));
    const listed = ['1', '2', '130'].flatMap((exit) => spans(row(exit)).map((code) => [code, exit] as const));
    expect(listed.map(([code]) => code)).to.have.members(codes);
    for (const [code, exit] of listed) expect(exit, code).to.equal(exits.get(code) ?? '1');
    const others = sources()
      .filter((file) => file !== join('core', 'errors.ts'))
      .map((file) => read(file).replace(/exitCodes[^{]*\{[^}]*\}/, ''));
    for (const code of codes) {
      expect(
        others.some((text) => text.includes(`'${code}'`)),
        `${code} is used`,
      ).to.equal(true);
    }
  });
});
