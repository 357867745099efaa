import { existsSync, writeFileSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { starterConfig } from '../starter-config.js';

const file = 'mtl.config.yaml';

export default class Init extends BaseCommand {
  static override summary = `Write a commented starter config, ${file}.`;
  static override examples = ['<%= config.bin %> init', '<%= config.bin %> init --data folders'];
  static override flags = {
    data: Flags.option({ options: ['scenes', 'folders'] as const, default: 'scenes' as const })({
      summary: 'Start with the embedded scenes, or with image folders of your own.',
    }),
    force: Flags.boolean({ summary: 'Replace a file that is there.' }),
  };

  async run(): Promise<{ file: string }> {
    const { flags } = await this.parse(Init);
    if (existsSync(file) && !flags.force) {
      const { badValue } = await import('../../core/index.js');
      throw badValue('CONFIG_INVALID', {
        what: file,
        expected: 'no such file yet',
        found: 'one',
        fix: 'replace it with --force',
      });
    }
    writeFileSync(file, starterConfig(flags.data));
    this.log(`Wrote ${file}. Next: mtl train`);
    return { file };
  }
}
