import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { LoadedConfig } from '../config/index.js';
import { badValue } from '../errors.js';
import { writeAtomically } from '../io/atomic-write.js';
import { makeEmptyFolder } from '../io/empty-folder.js';
import { safetensorsPieces } from '../io/safetensors.js';
import { openModel, type TrainedModel } from '../run/open-model.js';
import { artifactsOf, checkGraphModel, graphOf, type GraphModelArtifacts } from './graph/index.js';
import { metadataOf } from './metadata.js';
import { torchModel, torchPart } from './torch/index.js';

/** What a model can be written as. */
export const exportFormats = ['tfjs', 'safetensors'] as const;

/** Which of a run's models is written, as what, and where. */
export interface ExportModelOptions {
  /** The run's folder. */
  readonly folder: string;
  readonly format: (typeof exportFormats)[number];
  /** `tfjs`: a new or empty folder; `safetensors`: a new file. By default in the run's folder. */
  readonly out?: string | undefined;
  /** The best model (default) or the last one. */
  readonly checkpoint?: 'best' | 'last';
  /** `tfjs`: with the transfer nets and what they predict. `safetensors` always has them. */
  readonly transfer?: boolean;
  /** `tfjs`: kernels of convolutions at half precision, half as many bytes. */
  readonly quantize?: 'float16' | undefined;
  /** `safetensors`: one part alone, e.g. `encoder`. */
  readonly part?: string | undefined;
}

/** One file that was written. */
export interface ExportedFile {
  /** Absolute path. */
  readonly file: string;
  readonly bytes: number;
}

/** What was written, and how far it is from the run's model. */
export interface ExportedModel {
  readonly format: ExportModelOptions['format'];
  readonly files: readonly ExportedFile[];
  /** `tfjs`: names of what the model gives, in order. */
  readonly outputs?: readonly string[];
  /**
   * `tfjs`: the largest difference between the exported model and the run's, before it was quantised, on images of noise;
   * relative to the largest value of the output.
   */
  readonly difference?: number;
}

/**
 * Writes a run's model for other programs. The data that it was trained on need not be there.
 * @param loaded the run's config, see `loadRunConfig`
 * @throws MtlError `RUN_INVALID` where there is no run, or something is at the place already; `EXPORT_UNSUPPORTED` naming
 *   what has no counterpart in the format; `CONFIG_INVALID` for an option that the format does not have
 */
export async function exportModel(loaded: LoadedConfig, options: ExportModelOptions): Promise<ExportedModel> {
  assertOptions(options);
  const out = resolve(options.out ?? join(options.folder, defaultNames[options.format]));
  assertFree(out, options.format);
  const trained = await openModel(loaded, options);
  try {
    return options.format === 'tfjs'
      ? await exportGraph(trained, out, options)
      : await exportTorch(trained, out, options.part);
  } finally {
    trained.dispose();
  }
}

const defaultNames = { tfjs: 'tfjs', safetensors: 'model.safetensors' } as const;

/** Which options belong to one format alone. */
const only = { transfer: 'tfjs', quantize: 'tfjs', part: 'safetensors' } as const;

function assertOptions(options: ExportModelOptions): void {
  for (const name of Object.keys(only) as (keyof typeof only)[]) {
    if (!options[name] || options.format === only[name]) continue;
    throw badValue('CONFIG_INVALID', {
      what: `--${name}`,
      expected: `--format ${only[name]}`,
      found: `--format ${options.format}`,
      ...(name === 'transfer' ? { fix: 'safetensors has the transfer nets anyway' } : {}),
    });
  }
}

/** Before anything is computed. */
function assertFree(out: string, format: ExportModelOptions['format']): void {
  const entry = existsSync(out) ? statSync(out) : undefined;
  if (!entry || (format === 'tfjs' && entry.isDirectory())) return;
  throw badValue('RUN_INVALID', {
    what: '--out',
    expected: format === 'tfjs' ? 'a new or empty folder' : 'a new file',
    found: `${entry.isDirectory() ? 'the folder' : 'the file'} ${out}`,
    fix: 'name another with --out, or remove it',
  });
}

async function exportTorch(
  { model }: TrainedModel,
  out: string,
  part: string | undefined,
): Promise<ExportedModel> {
  const content = await (part === undefined ? torchModel(model) : torchPart(model, part));
  return { format: 'safetensors', files: [write(out, safetensorsPieces(content))] };
}

async function exportGraph(
  { model, data: { size } }: TrainedModel,
  out: string,
  { transfer: withTransfer = false, quantize }: ExportModelOptions,
): Promise<ExportedModel> {
  const transfer = withTransfer && model.edges.length > 0;
  const graph = await graphOf(model, { ...size, transfer });
  const metadata = { crosstask: metadataOf(model, size, transfer) };
  const exact = artifactsOf(graph, { metadata, half: false });
  const difference = await checkGraphModel(exact, model, { ...size, transfer });
  const written = quantize ? artifactsOf(graph, { metadata, half: true }) : exact;
  makeEmptyFolder(out, 'RUN_INVALID');
  return {
    format: 'tfjs',
    files: writeArtifacts(out, written),
    outputs: Object.keys(graph.outputs),
    difference,
  };
}

/** The weights first: where `model.json` is, all is there. */
function writeArtifacts(
  out: string,
  { weightSpecs, weightData, ...artifacts }: GraphModelArtifacts,
): ExportedFile[] {
  const weights = write(join(out, 'weights.bin'), [new Uint8Array(weightData)]);
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  const model = Buffer.from(JSON.stringify({ ...artifacts, weightsManifest }));
  return [write(join(out, 'model.json'), [model]), weights];
}

function write(file: string, pieces: readonly Uint8Array[]): ExportedFile {
  writeAtomically(file, pieces);
  return { file, bytes: pieces.reduce((sum, { length }) => sum + length, 0) };
}
