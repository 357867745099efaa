/**
 * A program of its own that says which adapter the package `webgpu` finds: a `ProbeReport` as JSON. Its argument is
 * the package's URL. The graphics drivers that it loads may write to the error output, crash or hang; here they do
 * it in nobody else's process.
 */
import { adapterInfo, type AdapterInfo, type Dawn } from './gpu.js';

export type ProbeReport = { readonly adapter: AdapterInfo | null } | { readonly failure: string };

async function probe(): Promise<ProbeReport> {
  try {
    const { create } = (await import(process.argv[2] ?? '')) as Dawn;
    return { adapter: await adapterInfo(create([])) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

console.log(JSON.stringify(await probe()));
