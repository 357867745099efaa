import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { giveSecondName } from '../../../core/io/second-name.js';

describe('giveSecondName', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mtl-name-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes one file of two names, in place of what had the name, any number of times', () => {
    const [file, name] = [join(folder, 'last'), join(folder, 'previous')];
    writeFileSync(file, 'content');
    writeFileSync(name, 'old');
    for (let time = 0; time < 2; time++) {
      giveSecondName(file, name);
      expect(readFileSync(name, 'utf8')).to.equal('content');
      expect(statSync(name).ino).to.equal(statSync(file).ino);
      expect(readdirSync(folder)).to.have.members(['last', 'previous']);
    }
  });

  it('leaves what had the name where there is no such file', () => {
    const name = join(folder, 'previous');
    writeFileSync(name, 'old');
    expect(() => giveSecondName(join(folder, 'none'), name)).to.throw(/ENOENT/);
    expect(readFileSync(name, 'utf8')).to.equal('old');
    expect(readdirSync(folder)).to.deep.equal(['previous']);
  });
});
