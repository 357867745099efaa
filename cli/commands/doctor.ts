import type { EngineReport } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';

interface DoctorJson {
  readonly node: string;
  readonly engines: readonly EngineReport[];
}

export default class Doctor extends BaseCommand {
  static override summary =
    'Check what this machine can train with: each engine, and if it cannot be used, why and what to do.';
  static override examples = ['<%= config.bin %> doctor', '<%= config.bin %> doctor --json'];

  async run(): Promise<DoctorJson> {
    const { flags } = await this.parse(Doctor);
    const { checkEngines } = await import('../../core/index.js');
    const engines = await checkEngines(await this.loadRegistry(flags));
    const chosen = engines.find(({ usable }) => usable);
    this.log(`Node ${process.version}, ${process.platform} ${process.arch}`);
    for (const engine of engines) {
      this.log(
        `${engine.usable ? '✓' : '✗'} ${engine.name}: ${engine.reason}${engine.fix ? `\n    → ${engine.fix}` : ''}`,
      );
    }
    this.log(chosen ? `engine: auto takes ${chosen.name}` : 'No engine can be used.');
    return { node: process.version, engines };
  }
}
