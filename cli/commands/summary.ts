import { Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { summaryTable } from '../tables.js';

interface SummaryJson {
  readonly parameters: { readonly total: number; readonly parts: Readonly<Record<string, number>> };
  readonly macs: number;
  readonly macsByPart: Readonly<Record<string, number>>;
  /** Trained beside the model and gone in use: in none of the sums. */
  readonly auxiliary: Readonly<Record<string, number>>;
}

export default class Summary extends BaseCommand {
  static override summary =
    'Show a model’s parts: trainable parameters and multiply-accumulates for one image.';
  static override examples = [
    '<%= config.bin %> summary',
    '<%= config.bin %> summary --preset xtasc-net --set backbone.name=resnet34 --json',
    '<%= config.bin %> summary --preset mt-net --layers',
  ];
  static override flags = { layers: Flags.boolean({ summary: 'Show every layer.' }) };

  async run(): Promise<SummaryJson> {
    const { flags } = await this.parse(Summary);
    const loaded = await this.loadConfig(flags);
    const { openAuxiliaries, openSession, summarize } = await import('../../core/index.js');
    const session = await openSession(loaded, { initialize: false });
    const summary = summarize(session.model);
    const auxiliaries = await openAuxiliaries(session, { initialize: false }).finally(() =>
      session.dispose(),
    );
    const auxiliary = auxiliaries.sizes;
    auxiliaries.dispose();
    this.log(summaryTable(summary, flags.layers, this.columns, this.style));
    for (const [name, parameters] of Object.entries(auxiliary))
      this.log(`\nIn training, ${name} has ${parameters.toLocaleString('en')} parameters beside these.`);
    return {
      parameters: {
        total: summary.parameters,
        parts: Object.fromEntries(summary.parts.map(({ name, parameters }) => [name, parameters])),
      },
      macs: summary.macs,
      macsByPart: Object.fromEntries(summary.parts.map(({ name, macs }) => [name, macs])),
      auxiliary,
    };
  }
}
