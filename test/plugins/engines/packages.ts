/** Packages made up for a test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A folder to install packages in, a new one for each test: Node remembers what it did not find in a folder. */
export class PackageFolder {
  private folder = '';

  constructor() {
    beforeEach(() => {
      this.folder = mkdtempSync(join(tmpdir(), 'packages-'));
    });
    afterEach(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  get path(): string {
    return this.folder;
  }

  /** Where a program in it would look for packages. */
  get from(): readonly URL[] {
    return [pathToFileURL(join(this.folder, 'program.js'))];
  }

  /** @returns the package's folder */
  install(
    manifest: { readonly name: string; readonly [key: string]: unknown },
    files: Readonly<Record<string, string>> = {},
  ): string {
    const target = join(this.folder, 'node_modules', manifest.name);
    for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
      mkdirSync(dirname(join(target, name)), { recursive: true });
      writeFileSync(join(target, name), text);
    }
    return target;
  }
}
