import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { isAlive } from '../../is-alive.js';
import { plainEnvironment } from '../../plain-environment.js';
import { events, filesIn, mtl, start, workFolder, write, writeConfig } from '../mtl.js';
import { errorOf, expectUndisturbed, small, struckAt } from './faults.js';

const bin = fileURLToPath(new URL('../../../cli/bin.js', import.meta.url));
const core = new URL('../../../core/index.js', import.meta.url).href;
const hasTerminal = existsSync('/usr/bin/script');

/** Scenes of which one split never answers, as a disk does whose server is gone. */
const hanging = (split: string): string => `
  import { definePlugin, definePart } from ${JSON.stringify(core)};
  import { z } from ${JSON.stringify(import.meta.resolve('zod'))};
  import { scenes } from ${JSON.stringify(new URL('../../../plugins/datasets/scenes/index.js', import.meta.url).href)};
  export default definePlugin({ name: 'hanging', datasets: { hanging: definePart({
    description: 'Hangs.', options: scenes.options,
    create: (options, deps) => {
      const dataset = scenes.create(options, deps);
      return { size: dataset.size, labels: dataset.labels, split: async (name) => {
        const split = await dataset.split(name);
        if (name !== '${split}') return split;
        return { length: split.length, groups: split.groups, sample: () => {
          process.stderr.write('waiting\\n');
          setInterval(() => undefined, 1000);
          return new Promise(() => undefined);
        } };
      } };
    },
  }) } });
`;

describe('mtl train and signals', function () {
  this.timeout(120_000);
  const work = workFolder();

  before(async () => {
    writeConfig(work.path, small);
    expect((await mtl(['train', '--run', 'whole'], work.path)).code).to.equal(0);
  });

  it('stops at once at a second Ctrl-C, and can be resumed', async () => {
    const ended = await struckAt(['train', '--run', 'twice'], work.path, /"type":"checkpoint"/, (kill) => {
      kill('SIGINT');
      kill('SIGTERM');
    });
    expect(ended.code).to.equal(130);
    await expectUndisturbed(work.path, 'twice', 'whole');
  });

  it('saves at SIGTERM in a validation, which is done when the run goes on', async () => {
    const flags = ['train', '--run', 'validating', '--set', 'dataset.val=12'];
    writeConfig(work.path, { ...small, dataset: { ...small.dataset, val: 12 } }, 'long.json');
    expect((await mtl(['train', '--run', 'long', '--config', 'long.json'], work.path)).code).to.equal(0);
    const ended = await struckAt(flags, work.path, /"validating".*"done":1/, (kill) => kill('SIGTERM'));
    expect(ended.code).to.equal(130);
    expect(ended.stdout).to.not.include('"type":"validation"');
    await expectUndisturbed(work.path, 'validating', 'long');
  });

  for (const [split, says] of [
    ['train', 'Stopped before there was anything to save'],
    ['val', 'Stopped and saved; go on with: mtl train --resume --run waits-val'],
  ] as const) {
    it(`is not kept by data that never come: ${split}`, async () => {
      write(work.path, `${split}.mjs`, hanging(split));
      const dataset = { ...small.dataset, name: 'hanging' };
      writeConfig(
        work.path,
        { ...small, dataset, plugins: [`./${split}.mjs`], loader: { workers: 0 } },
        `${split}.json`,
      );
      const args = ['train', '--json', '--run', `waits-${split}`, '--config', `${split}.json`];
      const running = start(args, work.path);
      let told = '';
      running.child.stderr!.on('data', (text: string) => {
        if (told === '' && /waiting/.test(text)) running.child.kill('SIGTERM');
        told += text;
      });
      const ended = await running.ended;
      expect(ended.code).to.equal(130);
      expect(errorOf(ended)).to.deep.equal({ code: 'INTERRUPTED', message: says });
      expect(existsSync(join(work.path, `waits-${split}`))).to.equal(split === 'val');
    });
  }

  it('goes on where the reader of its output is gone', async () => {
    const running = start(['train', '--run', 'unread', '--json'], work.path, () =>
      running.child.stdout!.destroy(),
    );
    expect(await running.ended).to.include({ code: 0, stderr: '' });
    expect(events(join(work.path, 'unread'))).to.deep.equal(events(join(work.path, 'whole')));
  });

  (hasTerminal ? it : it.skip)(
    `goes on where its terminal goes away, as under nohup${hasTerminal ? '' : ' (skipped: no program "script" here)'}`,
    async () => {
      const command = `echo $$ > pid; exec "${process.execPath}" "${bin}" train --run alone`;
      const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
        cwd: work.path,
        env: { ...plainEnvironment, SHELL: '/bin/sh' },
      });
      await new Promise<void>((resolve) => {
        terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('epoch 1/2')) resolve();
        });
      });
      // The kernel then hangs up on the run, and what it writes fails.
      terminal.kill('SIGKILL');
      const pid = Number(readFileSync(join(work.path, 'pid'), 'utf8'));
      while (isAlive(pid)) await setTimeout(20);
      expect(events(join(work.path, 'alone'))).to.deep.equal(events(join(work.path, 'whole')));
      expect(filesIn(join(work.path, 'alone'))).to.deep.equal(filesIn(join(work.path, 'whole')));
    },
  );
});
