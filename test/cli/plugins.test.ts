import { join } from 'node:path';
import { expect } from 'chai';
import { expectOneError, mtlHere, tiny, workFolder, write, writeConfig } from './mtl.js';

describe('mtl plugins', () => {
  const work = workFolder();
  const mine = `export default { name: 'mine', presets: { small: { extends: 'mt-net' } } };`;

  it('lists parts and presets, without a config and with the config’s own plugins', async () => {
    const table = await mtlHere(['plugins'], work.path);
    expect(table.code).to.equal(0);
    expect(table.stdout)
      .to.match(/│ weighter +│ uncertainty +│ \S.* │ crosstask │/)
      .and.match(/Presets: .*xtasc-net/);
    const { parts, presets } = JSON.parse((await mtlHere(['plugins', '--json'], work.path)).stdout) as {
      parts: object[];
      presets: string[];
    };
    expect(parts).to.deep.include({
      kind: 'metric',
      name: 'rmse',
      plugin: 'crosstask',
      description: 'Root mean squared error.',
    });
    expect(presets).to.include('xtasc-net').and.not.include('small');
    write(work.path, 'mine.mjs', mine);
    writeConfig(work.path, { ...tiny, plugins: ['./mine.mjs'] });
    const more = JSON.parse((await mtlHere(['plugins', '--json'], work.path)).stdout) as {
      presets: string[];
    };
    expect(more.presets).to.include('small');
  });

  it('prints a JSON schema', async () => {
    const { code, stdout } = await mtlHere(['plugins', '--schema'], work.path);
    expect(code).to.equal(0);
    const schema = JSON.parse(stdout) as { $schema: string; properties: Record<string, object> };
    expect(schema.$schema).to.match(/json-schema\.org/);
    expect(schema.properties).to.include.all.keys(
      'extends',
      'dataset',
      'tasks',
      'consistency',
      'weighter',
      'train',
    );
  });

  it('does not pass over a config that is broken', async () => {
    const folder = join(work.path, 'broken');
    writeConfig(folder, { ...tiny, weighter: 'none' });
    const { code, stderr } = await mtlHere(['plugins'], folder);
    expect(code).to.equal(2);
    expectOneError(stderr, folder, /weighter: expected one of/);
  });
});
