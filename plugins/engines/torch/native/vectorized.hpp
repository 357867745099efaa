// For plain loops over memory: compiled once for each generation of processors, chosen when the addon is loaded.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CROSSTASK_VECTORIZED __attribute__((optimize("O3", "no-math-errno"), target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CROSSTASK_VECTORIZED
#endif
