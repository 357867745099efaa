import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadComparison } from '../../core/index.js';
import { builtin } from '../../plugins/index.js';
import { repositoryRoot } from '../repository.js';

/** The ```ts blocks of a page that import something and are whole programs. */
function programs(page: string): string[] {
  const text = readFileSync(join(repositoryRoot(), page), 'utf8');
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
  return blocks.filter((code) => code.includes('import ') && !code.includes('…'));
}

/** The ```yaml blocks of a page that are whole comparisons: that say what their rows are, and extend no file. */
function comparisons(page: string): string[] {
  const text = readFileSync(join(repositoryRoot(), page), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, code]) => code!);
  return blocks.filter((code) => code.includes('axes:') && !code.includes('./'));
}

describe('the code in the docs', () => {
  for (const [page, count] of [
    ['README.md', 1],
    ['docs/plugins.md', 1],
    ['docs/weighters.md', 1],
  ] as const) {
    it(`of ${page} runs as it stands`, () => {
      const found = programs(page);
      expect(found).to.have.length(count);
      // Within the package, where its own name leads to what it exports.
      const folder = mkdtempSync(join(repositoryRoot(), 'dist', 'docs-'));
      try {
        found.forEach((code, index) => {
          const file = join(folder, `${index}.mjs`);
          writeFileSync(file, code);
          const { status, stderr } = spawnSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' });
          expect(stderr).to.equal('');
          expect(status).to.equal(0);
        });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('of docs/compare.md is a comparison', async () => {
    const found = comparisons('docs/compare.md');
    expect(found).to.have.length(1);
    const folder = mkdtempSync(join(repositoryRoot(), 'dist', 'docs-'));
    try {
      const file = join(folder, 'compare.yaml');
      writeFileSync(file, found[0]!);
      const { cells, columns } = await loadComparison({ plugins: [builtin], file });
      expect(cells).to.have.length(5 * 3);
      expect(columns.map(({ label }) => label)).to.deep.equal(['mIoU', 'absolute']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
