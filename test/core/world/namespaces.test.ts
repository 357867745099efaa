import { execFileSync, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { describeOn } from '../../engines.js';
import { plainEnvironment } from '../../plain-environment.js';

const program = fileURLToPath(new URL('./fault-program.js', import.meta.url));
const names = [0, 1].map((rank) => `crosstask-${process.pid}-${rank}`);

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Two hosts' worth of networks with a cable between them. @returns why this machine cannot have them */
function connect(): string | undefined {
  try {
    for (const name of names) ip('netns', 'add', name);
    const ends = names.map((name, rank) => ['name', `ct${rank}`, 'netns', name]);
    ip('link', 'add', ...ends[0]!, 'type', 'veth', 'peer', ...ends[1]!);
    names.forEach((name, rank) => {
      ip('-n', name, 'address', 'add', `10.77.0.${rank + 1}/24`, 'dev', `ct${rank}`);
      for (const device of [`ct${rank}`, 'lo']) ip('-n', name, 'link', 'set', device, 'up');
    });
    return undefined;
  } catch (error) {
    return String((error as Error).message).split('\n')[0];
  }
}

function disconnect(): void {
  for (const name of names) {
    try {
      ip('netns', 'delete', name);
    } catch {
      // It was never made.
    }
  }
}

describeOn('torch', 'two ranks on two networks', function () {
  this.timeout(180_000);
  after(disconnect);

  it('find each other, and say so where they are cut off', async function () {
    const reason = connect();
    if (reason !== undefined) {
      this.test!.title += ` (skipped: no network namespaces here: ${reason})`;
      this.skip();
    }
    const where = {
      size: 2,
      localSize: 1,
      host: '10.77.0.1',
      port: 29500,
      launcherKeepsStore: false,
      name: 'hosts',
    };
    const told = names.map(async (name, rank) => {
      const args = ['--import', 'reflect-metadata', program, JSON.stringify({ rank, ...where }), 'wait1'];
      const child = spawn('ip', ['netns', 'exec', name, process.execPath, ...args], {
        env: plainEnvironment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        text += chunk as string;
        // Rank 1 has met rank 0, and waits.
        if (text === 'waiting\n') ip('-n', names[1]!, 'link', 'set', 'ct1', 'down');
      }
      return text.replace('waiting\n', '');
    });
    const [first, second] = await Promise.all(told);
    expect(JSON.parse(first!)).to.include({ before: 0.5, code: 'RANK_LOST' });
    expect(first).to.match(/rank 1 gives no sign of life since 3 s: it was killed, hangs or is cut off/);
    expect(second).to.match(/rank 0, which keeps the ranks together, does not answer since 3 s/);
  });
});
