import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import {
  findPeer,
  isSameRelease,
  release,
  tfjsVersion,
} from '../../../../plugins/engines/common/peer-packages.js';
import { PackageFolder } from '../packages.js';

describe('optional packages', () => {
  const folder = new PackageFolder();

  it('are found beside the user’s work as beside crosstask, and not loaded', () => {
    folder.install(
      { name: '@some/package', version: '1.2.3', main: 'lib/main.js' },
      { 'lib/main.js': 'throw new Error("loaded")' },
    );
    const target = realpathSync(join(folder.path, 'node_modules/@some/package'));
    const wanted = {
      name: '@some/package',
      version: '1.2.3',
      folder: target,
      url: pathToFileURL(join(target, 'lib/main.js')).href,
    };
    expect(findPeer('@some/package', folder.from)).to.deep.equal(wanted);
    expect(findPeer('@some/package')).to.equal(undefined);
    const home = process.cwd();
    process.chdir(folder.path);
    try {
      expect(findPeer('@some/package')).to.deep.equal(wanted);
    } finally {
      process.chdir(home);
    }
    expect(findPeer('@tensorflow/tfjs', [...folder.from, import.meta.url])?.version).to.equal(tfjsVersion());
  });

  it('are not there without their main file', () => {
    folder.install({ name: 'hollow', version: '1.0.0', main: 'gone.js' });
    expect(findPeer('hollow', folder.from)).to.equal(undefined);
    expect(findPeer('absent', folder.from)).to.equal(undefined);
  });

  it('fit where major and minor version are the same', () => {
    expect(release('4.22.0')).to.equal('4.22');
    expect(isSameRelease('4.22.0', '4.22.3')).to.equal(true);
    expect(isSameRelease('4.22.0', '4.2.0')).to.equal(false);
    expect(isSameRelease('3.22.0', '4.22.0')).to.equal(false);
  });
});
