import { existsSync, writeFileSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { BaseCommand, overridesOf } from '../base-command.js';
import { starterConfig } from '../starter-config.js';

export default class Init extends BaseCommand {
  static override summary = 'Write a commented starter config.';
  static override description =
    'Writes mtl.config.yaml, or the file that --config names, on the preset that --preset names, with what --set says.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --data folders',
    '<%= config.bin %> init --preset mt-net --set train.epochs=50',
  ];
  static override flags = {
    data: Flags.option({
      options: ['scenes', 'folders', 'cityscapes', 'nyuv2'] as const,
      default: 'scenes' as const,
    })({
      summary:
        'Start with the embedded scenes, with image folders of your own, or with a published data set.',
    }),
    force: Flags.boolean({ summary: 'Replace a file that is there.' }),
  };

  async run(): Promise<{ file: string }> {
    const { flags } = await this.parse(Init);
    const { config: file = 'mtl.config.yaml', preset } = flags;
    const [{ badValue, loadConfig, parseOverrides }, { builtin }] = await Promise.all([
      import('../../core/index.js'),
      import('../../plugins/index.js'),
    ]);
    if (existsSync(file) && !flags.force) {
      throw badValue('CONFIG_INVALID', {
        what: file,
        expected: 'no such file yet',
        found: 'one',
        fix: 'replace it with --force, or name another with --config',
      });
    }
    const { text, config } = starterConfig(flags.data, preset, parseOverrides(overridesOf(flags)));
    await loadConfig({ plugins: [builtin], config });
    writeFileSync(file, text);
    this.log(`Wrote ${file}. Next: mtl train${file === 'mtl.config.yaml' ? '' : ` --config ${file}`}`);
    return { file };
  }
}
