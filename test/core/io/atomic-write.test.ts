import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAtomically } from '../../../core/io/atomic-write.js';

describe('writeAtomically', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'mtl-write-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes texts and bytes, in folders that it makes, and leaves nothing beside them', () => {
    writeAtomically(join(folder, 'a/b/text.json'), 'größer ✓');
    writeAtomically(join(folder, 'a/b/values.bin'), new Uint8Array([0, 255, 7]).subarray(1));
    writeAtomically(join(folder, 'a/b/empty'), '');
    expect(readdirSync(join(folder, 'a/b'))).to.have.members(['text.json', 'values.bin', 'empty']);
    expect(readFileSync(join(folder, 'a/b/text.json'), 'utf8')).to.equal('größer ✓');
    expect([...readFileSync(join(folder, 'a/b/values.bin'))]).to.deep.equal([255, 7]);
    expect(readFileSync(join(folder, 'a/b/empty'))).to.have.lengthOf(0);
  });

  it('replaces a file, a longer one too', () => {
    const file = join(folder, 'state');
    writeAtomically(file, 'a long first version');
    writeAtomically(file, 'short');
    expect(readFileSync(file, 'utf8')).to.equal('short');
    expect(readdirSync(folder)).to.deep.equal(['state']);
  });

  it('writes a large file whole', () => {
    const content = Buffer.alloc(8_000_001, 'abcdefg');
    writeAtomically(join(folder, 'large'), content);
    expect(readFileSync(join(folder, 'large')).equals(content)).to.be.true;
  });

  it('leaves what was there, and nothing beside it, where the file cannot be put into place', () => {
    const occupied = join(folder, 'occupied');
    mkdirSync(occupied);
    writeFileSync(join(occupied, 'old'), 'old');
    expect(() => writeAtomically(occupied, 'new')).to.throw();
    expect(readdirSync(folder)).to.deep.equal(['occupied']);
    expect(readFileSync(join(occupied, 'old'), 'utf8')).to.equal('old');
  });

  it('leaves the old file where the new one cannot be written', () => {
    // A name so long that the one beside it is too long for a file system.
    const file = join(folder, 'x'.repeat(254));
    writeFileSync(file, 'old');
    expect(() => writeAtomically(file, 'new')).to.throw(/ENAMETOOLONG/);
    expect(readFileSync(file, 'utf8')).to.equal('old');
    expect(readdirSync(folder)).to.have.lengthOf(1);
  });
});
