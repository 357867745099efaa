#include "memory.hpp"

#include "heap.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace crosstask {

void trimMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  trimHeap();
}

bool isOutOfMemory(const std::string& message) {
  return message.find("can't allocate memory") != std::string::npos ||
         message.find("not enough memory") != std::string::npos ||
         message.find("out of memory") != std::string::npos;
}

}  // namespace crosstask
