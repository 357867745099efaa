import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { messageOf, MtlError } from '../../../core/index.js';
import { compileFlags } from './compiler.js';
import { askedLibtorch, onlyOnLinux, type Libtorch } from './libtorch.js';

const addonFile = 'crosstask-torch.node';
const manifestFile = 'manifest.json';
const workshopPrefix = '.building-';

/** Addons of other libtorchs and earlier versions that are kept, the one just built included. */
const keptAddons = 3;

const day = 24 * 3600 * 1000;

/** An addon that is there to be loaded. */
export interface BuiltAddon {
  readonly file: string;
  readonly libtorch: Libtorch;
  /** ISO 8601. */
  readonly builtAt: string;
  readonly compiler: string;
  /** Whether it can join ranks: it was built with Gloo. */
  readonly ranks: boolean;
}

/** Why there is none, and what to do. */
export interface MissingAddon {
  readonly missing: string;
  readonly fix: string;
}

const libtorchSchema: z.ZodType<Libtorch> = z.object({
  source: z.enum(['path', 'python', 'system']),
  root: z.string(),
  include: z.array(z.string()),
  lib: z.string(),
  version: z.string(),
  cuda: z.boolean(),
  cxx11Abi: z.boolean(),
});

const manifestSchema = z.object({
  libtorch: libtorchSchema,
  builtAt: z.string(),
  compiler: z.string(),
  ranks: z.boolean(),
  /** The libraries that it was linked with, as they were then. */
  libraries: z.record(z.string(), z.object({ size: z.number(), mtimeMs: z.number() })),
});

type Manifest = z.output<typeof manifestSchema>;

/** The addon's sources: they lie unbuilt in the package, beside dist/. */
export function nativeFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (isPackageRoot(folder)) return join(folder, 'plugins/engines/torch/native');
  }
  return join(here, 'native');
}

function isPackageRoot(folder: string): boolean {
  const file = join(folder, 'package.json');
  return (
    existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }).name === 'crosstask'
  );
}

/** Names of the sources in a folder, headers among them; none where it is missing. */
export function sourceFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /\.(cc|hpp)$/.test(name))
    .toSorted();
}

/** Where addons are kept: outside the package, which a reinstallation removes and which may not be ours to write to. */
function cacheFolder(): string {
  const { CROSSTASK_CACHE, XDG_CACHE_HOME } = process.env;
  return resolve(CROSSTASK_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'crosstask'), 'torch');
}

/**
 * Folder of the addon for a libtorch that is asked for: another one for other sources, flags or processors.
 * @param asked the engine's option, see `findLibtorch`
 */
export function addonFolder(asked: string | undefined, sources: string = nativeFolder()): string {
  const hash = createHash('sha256');
  const { platform, arch } = process;
  hash.update(JSON.stringify([askedLibtorch(asked) ?? null, platform, arch, compileFlags]));
  for (const file of sourceFiles(sources)) {
    hash.update(`\0${file}\0`).update(readFileSync(join(sources, file)));
  }
  return join(cacheFolder(), hash.digest('hex').slice(0, 16));
}

/** The addon for a libtorch that is asked for. Looks at a few files and runs nothing. */
export function findAddon(
  asked: string | undefined,
  sources: string = nativeFolder(),
): BuiltAddon | MissingAddon {
  const folder = addonFolder(asked, sources);
  const file = join(folder, addonFile);
  const missing = (reason: string): MissingAddon => ({ missing: reason, fix: 'mtl engine build torch' });
  if (process.platform !== 'linux') return { missing: onlyOnLinux, fix: 'choose another engine' };
  if (!existsSync(file)) return missing('its addon is not built yet');
  const manifest = readManifest(folder);
  if (!manifest) return missing('the manifest of its addon cannot be read');
  for (const [library, before] of Object.entries(manifest.libraries)) {
    const now = stampOf(library);
    if (!now) return missing(`${library}, which its addon was built with, is gone`);
    if (now.size !== before.size || now.mtimeMs !== before.mtimeMs) {
      return missing(`${library} has changed since its addon was built`);
    }
  }
  const { libtorch, builtAt, compiler, ranks } = manifest;
  return { file, libtorch, builtAt, compiler, ranks };
}

function readManifest(folder: string): Manifest | undefined {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(folder, manifestFile), 'utf8')));
  } catch {
    return undefined;
  }
}

/** Size and time of change; undefined where there is no such file. */
function stampOf(file: string): { size: number; mtimeMs: number } | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat && { size: stat.size, mtimeMs: stat.mtimeMs };
}

/** A folder to build in, beside the finished addons, so that the result can be renamed into place. */
export class Workshop {
  readonly folder: string;
  /** The addon to make. */
  readonly file: string;

  /**
   * @param target where the addon is to be, see `addonFolder`
   * @throws MtlError `ENGINE_BUILD_FAILED` where nothing can be written there
   */
  constructor(private readonly target: string) {
    const cache = dirname(target);
    this.folder = join(cache, `${workshopPrefix}${randomUUID()}`);
    this.file = join(this.folder, addonFile);
    try {
      mkdirSync(this.folder, { recursive: true });
    } catch (error) {
      throw new MtlError(
        'ENGINE_BUILD_FAILED',
        `engine torch: cannot write to ${cache} (${messageOf(error)}); name another folder in CROSSTASK_CACHE`,
        { cause: error },
      );
    }
  }

  /**
   * Puts the addon where `findAddon` looks for it, whole or not at all, whoever builds at the same time. An older one
   * that a process has loaded stays good for that process.
   */
  install(made: Pick<BuiltAddon, 'libtorch' | 'compiler' | 'ranks'>): BuiltAddon {
    const { target } = this;
    const builtAt = new Date().toISOString();
    const finished = join(this.folder, 'finished');
    mkdirSync(finished);
    renameSync(this.file, join(finished, addonFile));
    const manifest: Manifest = { ...made, builtAt, libraries: librariesOf(made.libtorch) };
    writeFileSync(join(finished, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
    for (let replaced = 0; existsSync(finished); replaced++) {
      try {
        renameSync(finished, target);
      } catch (error) {
        // There is one already, and a folder is not renamed over another.
        if (!existsSync(target) || replaced > 9) throw error;
        rename(target, join(this.folder, `replaced-${replaced}`));
      }
    }
    removeOld(dirname(target));
    return { file: join(target, addonFile), ...made, builtAt };
  }

  /** Removes whatever is left. */
  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Another process may have been quicker. */
function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
  }
}

function librariesOf({ lib, cuda }: Libtorch): Manifest['libraries'] {
  const names = ['libtorch_cpu.so', 'libc10.so', ...(cuda ? ['libtorch_cuda.so'] : [])];
  return Object.fromEntries(
    names.flatMap((name) => {
      const file = realpathSync(join(lib, name));
      const stamp = stampOf(file);
      return stamp ? [[file, stamp]] : [];
    }),
  );
}

/** Addons for sources that are gone, and what killed builds have left, would pile up. */
function removeOld(cache: string): void {
  const folders = readdirSync(cache)
    .map((name) => join(cache, name))
    .map((path) => ({ path, made: stampOf(path)?.mtimeMs ?? 0 }));
  const isWorkshop = ({ path }: { path: string }): boolean => basename(path).startsWith(workshopPrefix);
  const built = folders.filter((folder) => !isWorkshop(folder));
  const old = [
    ...built.toSorted((left, right) => right.made - left.made).slice(keptAddons),
    ...folders.filter((folder) => isWorkshop(folder) && folder.made < Date.now() - day),
  ];
  for (const { path } of old) rmSync(path, { recursive: true, force: true });
}
