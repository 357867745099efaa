// For plain loops over memory: compiled once for each generation of processors, chosen when the addon is loaded.
#pragma once

// No product is contracted with a sum: whether one is depends on the processor and on how a loop is cut into vectors and
// a rest, and a value would depend on where it lies.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CROSSTASK_VECTORIZED                         \
  __attribute__((optimize("O3", "fp-contract=off"), \
                 target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__GNUC__) && !defined(__clang__)
#define CROSSTASK_VECTORIZED __attribute__((optimize("O3", "fp-contract=off")))
#else
#define CROSSTASK_VECTORIZED
#endif
