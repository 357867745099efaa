#include "memory.hpp"

#include "heap.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace crosstask {

#ifdef __GLIBC__
// By default glibc maps each large block anew and unmaps it when it is freed, so that every pass over a new tensor
// first faults its pages in; measured, that is a tenth to a fifth of a training step.
void keepFreedMemory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
  useHeap();
}

void trimMemory() {
  malloc_trim(0);
  trimHeap();
}
#else
void keepFreedMemory() { useHeap(); }

void trimMemory() { trimHeap(); }
#endif

bool isOutOfMemory(const std::string& message) {
  return message.find("can't allocate memory") != std::string::npos ||
         message.find("not enough memory") != std::string::npos ||
         message.find("out of memory") != std::string::npos;
}

}  // namespace crosstask
