import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig, type LoadedConfig, type LoadOptions } from '../../../core/index.js';
import { fakePlugin } from '../fakes.js';

/** The folder of package.json and node_modules; the tests lie in dist/test/core/config. */
const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** A folder of its own for one test, with what a project has. */
export class Workspace {
  // macOS reaches its temporary folder by a link, and messages show the real path.
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), 'mtl-config-')));

  /** Writes files by their path in the folder; what is no text is written as JSON. */
  write(files: Readonly<Record<string, unknown>>): this {
    for (const [name, content] of Object.entries(files)) {
      const file = join(this.path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    }
    return this;
  }

  /** Makes packages of this repository, and this package itself, importable. */
  link(...names: readonly string[]): this {
    mkdirSync(join(this.path, 'node_modules'), { recursive: true });
    for (const name of names) {
      const target = name === 'crosstask' ? packageRoot : join(packageRoot, 'node_modules', name);
      symlinkSync(target, join(this.path, 'node_modules', name));
    }
    return this;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  load(options: Partial<LoadOptions> = {}): Promise<LoadedConfig> {
    return loadConfig({ plugins: [fakePlugin], folder: this.path, ...options });
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The least that makes a config. */
export const minimal = { dataset: 'scenes', tasks: { depth: {} } };
