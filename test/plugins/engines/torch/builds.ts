import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildProgress } from '../../../../core/index.js';
import { buildAddon } from '../../../../plugins/engines/torch/build.js';
import type { BuiltAddon } from '../../../../plugins/engines/torch/cache.js';
import { findLibtorch, type Libtorch } from '../../../../plugins/engines/torch/libtorch.js';
import { withEnvironment, write, writeLibtorch, writeProgram } from './trees.js';

/** An addon whose function says how many threads a loop of libtorch's ran on, and whether an error of its was caught. */
export const sources = {
  'addon.cc': `
    #include <node_api.h>
    int threads();
    bool catches();
    static napi_value run(napi_env env, napi_callback_info) {
      napi_value result;
      napi_create_int32(env, catches() ? threads() : -1, &result);
      return result;
    }
    NAPI_MODULE_INIT() {
      napi_value function;
      napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, nullptr, &function);
      napi_set_named_property(env, exports, "run", function);
      return exports;
    }`,
  'threads.cc': `
    #include <ATen/Parallel.h>
    #include <set>
    #include <mutex>
    int threads() {
      at::set_num_threads(2);
      std::mutex mutex;
      std::set<int> seen;
      at::parallel_for(0, 2, 1, [&](int64_t, int64_t) {
        const std::lock_guard<std::mutex> lock(mutex);
        seen.insert(at::get_thread_num());
      });
      return static_cast<int>(seen.size());
    }`,
  'errors.cc': `
    #include <c10/util/Exception.h>
    bool catches() {
      try { TORCH_CHECK(false, "caught"); } catch (const c10::Error& error) { return true; }
      return false;
    }`,
};

interface Options {
  readonly libtorch?: Libtorch;
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly signal?: AbortSignal;
}

interface Builds {
  /** Builds with a cache of its own. */
  readonly build: (name: string, options?: Options) => Promise<BuiltAddon>;
  /** A compiler that is a shell script, which answers when it is asked for its version. */
  readonly fakeCompiler: (name: string, ...lines: readonly string[]) => string;
  /** What lies in a build's cache. */
  readonly left: (name: string) => string[];
}

/** Builds in a folder. */
export function buildsIn(work: { readonly path: string }): Builds {
  async function build(name: string, options: Options = {}): Promise<BuiltAddon> {
    const { files = sources, environment = {}, onProgress = () => undefined } = options;
    const { signal = new AbortController().signal } = options;
    const libtorch = options.libtorch ?? (await findLibtorch(writeLibtorch(join(work.path, 'libtorch'))));
    const native = write(join(work.path, name, 'native'), files);
    const variables = { CROSSTASK_CACHE: join(work.path, name, 'cache'), CXX: undefined, ...environment };
    return withEnvironment(variables, () =>
      buildAddon(libtorch, { asked: undefined, onProgress, signal, sources: native }),
    );
  }

  function fakeCompiler(name: string, ...lines: readonly string[]): string {
    const version = 'if [ "$1" = --version ]; then echo "fake 1.0"; exit; fi';
    return writeProgram(join(work.path, name), version, ...lines);
  }

  function left(name: string): string[] {
    const cache = join(work.path, name, 'cache/torch');
    return existsSync(cache) ? readdirSync(cache) : [];
  }

  return { build, fakeCompiler, left };
}
