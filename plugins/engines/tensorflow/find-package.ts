import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findPeer, isSameRelease, release, type PeerPackage } from '../common/peer-packages.js';
import type { Problem } from '../common/problem.js';

/** The packages, best first. */
export const packages = { gpu: '@tensorflow/tfjs-node-gpu', cpu: '@tensorflow/tfjs-node' } as const;

export type Flavour = keyof typeof packages;

/** What a package has to fit. */
export interface Surroundings {
  /** Of TensorFlow.js, e.g. `4.22.0`. */
  readonly tfjs: string;
  /** Of Node, e.g. `22.11.0`. */
  readonly node: string;
  /** The newest version of the native interface that this Node has. */
  readonly napi: number;
  /** Where packages are looked for; default: beside crosstask, then beside the user's work. */
  readonly from?: readonly (string | URL)[];
}

/** The last Node that it runs in: its code calls util.isNullOrUndefined and util.isArray, which Node 23 took out. */
const lastNode = 22;

/** The part of its manifest that tells where its native part lies. */
interface Manifest {
  readonly binary: {
    readonly module_name: string;
    readonly module_path: string;
    readonly napi_versions: readonly number[];
  };
}

/** Looks at an installed package without loading it; undefined where it is not installed. */
export function inspect(
  flavour: Flavour,
  { tfjs, node, napi, from }: Surroundings,
): PeerPackage | Problem | undefined {
  const name = packages[flavour];
  const found = findPeer(name, from);
  if (!found) return undefined;
  const told = `${name} ${found.version}`;
  if (!isSameRelease(found.version, tfjs)) {
    return {
      reason: `${told} does not fit TensorFlow.js ${tfjs}`,
      fix: `npm install ${name}@${release(tfjs)}`,
    };
  }
  if (Number.parseInt(node) > lastNode) {
    return {
      reason: `${told} runs in Node up to ${lastNode}, and this is Node ${node}`,
      fix: `use Node 20 or ${lastNode}, or choose another engine`,
    };
  }
  return nativeProblem(found, napi) ?? found;
}

/** What is wrong with a package's native part, if anything. */
function nativeProblem({ name, version, folder }: PeerPackage, napi: number): Problem | undefined {
  const { binary } = createRequire(import.meta.url)(join(folder, 'package.json')) as Manifest;
  const [build] = binary.napi_versions.filter((supported) => supported <= napi).toSorted((a, b) => b - a);
  if (build === undefined) {
    return {
      reason: `${name} ${version} needs Node-API ${Math.min(...binary.napi_versions)}, and this Node has ${napi}`,
      fix: 'use a newer Node',
    };
  }
  const path = binary.module_path.replace('{napi_build_version}', String(build));
  const file = join(folder, path, `${binary.module_name}.node`);
  if (existsSync(file)) return undefined;
  return {
    reason:
      `${name} ${version} is installed without its native part, ${file}: ` +
      'its install script did not run, or could not download libtensorflow',
    fix: `npm rebuild ${name}, where storage.googleapis.com can be reached`,
  };
}
