import { Flags } from '@oclif/core';
import type { PartListing } from '../../core/index.js';
import { BaseCommand } from '../base-command.js';
import { listTable } from '../tables.js';

interface PluginsJson {
  readonly parts: readonly PartListing[];
  readonly presets: readonly string[];
  readonly comparisons: readonly string[];
}

export default class Plugins extends BaseCommand {
  static override summary =
    'List everything that a config can name: built in, and from the config’s own plugins.';
  static override examples = [
    '<%= config.bin %> plugins',
    '<%= config.bin %> plugins --schema > mtl.schema.json',
  ];
  static override flags = {
    schema: Flags.boolean({
      summary: 'Print the JSON schema of a config with all these parts, for an editor.',
    }),
  };

  async run(): Promise<PluginsJson | Record<string, unknown>> {
    const { flags } = await this.parse(Plugins);
    const { configJsonSchema } = await import('../../core/index.js');
    const { registry } = await this.loadEngine(flags);
    if (flags.schema) {
      const schema = configJsonSchema(registry);
      this.log(JSON.stringify(schema, null, 2));
      return schema;
    }
    const listing = {
      parts: registry.list(),
      presets: registry.presetNames(),
      comparisons: registry.comparisonNames(),
    };
    this.log(listTable(listing.parts, this.columns, this.style));
    this.log(`\nPresets: ${listing.presets.join(', ')}`);
    this.log(`Comparisons: ${listing.comparisons.join(', ')}`);
    return listing;
  }
}
