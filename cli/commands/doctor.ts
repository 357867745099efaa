import { Flags } from '@oclif/core';
import type { EngineReport, EngineTrial } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';

interface DoctorJson {
  readonly node: string;
  readonly engines: readonly EngineReport[];
  /** Only with --verbose. */
  readonly trial?: EngineTrial;
}

export default class Doctor extends BaseCommand {
  static override summary =
    'Check what this machine can train with: each engine, and if it cannot be used, why and what to do.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --verbose --engine wasm',
    '<%= config.bin %> doctor --json',
  ];
  static override flags = {
    verbose: Flags.boolean({
      summary:
        'Take a training step on the engine that would be used, and show what it leaves to JavaScript.',
    }),
  };

  async run(): Promise<DoctorJson> {
    const { flags } = await this.parse(Doctor);
    const { checkEngines, tryEngine } = await import('../../core/index.js');
    const choice = await this.loadEngine(flags);
    const engines = await checkEngines(choice.registry, choice);
    const best = engines.find(({ usable }) => usable);
    this.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
    const { style } = this;
    for (const engine of engines) {
      const mark = engine.usable ? style.good('✓') : style.warning('✗');
      const fix = engine.fix ? `\n${style.hint(`    → ${engine.fix}`)}` : '';
      this.log(`${mark} ${style.heading(engine.name)}: ${engine.reason}${fix}`);
    }
    this.log(best ? `engine: auto takes ${best.name}` : 'No engine can be used.');
    if (!flags.verbose) return { node: process.version, engines };
    const trial = await tryEngine(choice);
    this.log(`\n${trialLines(trial).join('\n')}`);
    return { node: process.version, engines, trial };
  }
}

function trialLines({ engine, milliseconds, losses, kernels }: EngineTrial): string[] {
  const values = Object.entries(losses).map(([task, loss]) => `${task} ${loss.toPrecision(3)}`);
  const step = `${engine}: a training step of a small network took ${milliseconds.toFixed(0)} ms (losses: ${values.join(', ')})`;
  if (!kernels) return [step, '  all kernels are its own'];
  const ran = Object.entries(kernels.ran).map(([name, count]) => `${name} ${count}×`);
  return [
    step,
    `  ${kernels.own} kernels of its own`,
    `  left to JavaScript in this step: ${ran.join(', ') || 'none'}`,
    `  would be left to JavaScript: ${kernels.others.join(', ') || 'none'}`,
  ];
}
