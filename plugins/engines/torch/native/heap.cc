// A heap for large tensors alone. By default glibc maps each large block anew and unmaps it when it is freed, so that
// every pass over a new tensor first faults its pages in; measured, that is a tenth to a fifth of a training step. Kept in
// malloc's heap, what JavaScript leaves until it collects garbage and much else that is small comes to lie between
// tensors: room that a step frees is then too short for the next step's tensors of the same sizes, and for a dozen steps
// and more the heap goes on to grow, by a quarter to a half. A training step asks for the same sizes in the same order,
// so that here, where each takes the smallest block that it fits into, the third step finds what the second one left.
#include "heap.hpp"

#ifdef __linux__
#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#endif

namespace crosstask {

#ifdef __linux__
namespace {

/// Smaller tensors are malloc's, which is made for them.
constexpr size_t kSmallest = 64 << 10;
/// So much is asked of the system at least.
constexpr size_t kSegment = 64 << 20;
constexpr size_t kPage = 4 << 10, kAlignment = 64;

size_t roundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

class Heap {
 public:
  /// Nothing where the system gives no more.
  void* take(size_t bytes) {
    // A line more: tensors whose sizes are powers of two are not all to begin at the same place of a page.
    const size_t size = roundUp(bytes, kAlignment) + kAlignment;
    const std::lock_guard<std::mutex> lock(mutex_);
    auto found = free_.lower_bound({size, nullptr});
    if (found == free_.end()) {
      if (!grow(size)) return nullptr;
      found = free_.lower_bound({size, nullptr});
    }
    const auto [room, block] = *found;
    free_.erase(found);
    blocks_[block] = {size, false};
    if (room > size) {
      blocks_[block + size] = {room - size, true};
      free_.insert({room - size, block + size});
    }
    return block;
  }

  /// @returns whether it is a block of this heap
  bool giveBack(void* data) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto block = blocks_.find(static_cast<char*>(data));
    if (block == blocks_.end()) return false;
    join(block);
    return true;
  }

  void trim() {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [size, block] : free_) {
      char* const first = reinterpret_cast<char*>(roundUp(reinterpret_cast<size_t>(block), kPage));
      char* const last = block + size - (reinterpret_cast<size_t>(block) + size) % kPage;
      if (last > first) madvise(first, last - first, MADV_DONTNEED);
    }
  }

 private:
  struct Block {
    size_t size;
    bool free;
  };
  using Blocks = std::map<char*, Block>;

  bool grow(size_t size) {
    const size_t bytes = roundUp(std::max(size, kSegment), kPage);
    void* const data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED) return false;
    join(blocks_.insert({static_cast<char*>(data), {bytes, false}}).first);
    return true;
  }

  /// Frees a block, together with the free ones that touch it.
  void join(Blocks::iterator block) {
    block->second.free = true;
    if (block != blocks_.begin() && touch(std::prev(block), block)) {
      block = std::prev(block);
      free_.erase(keyOf(*block));
      absorbNext(block);
    }
    if (std::next(block) != blocks_.end() && touch(block, std::next(block))) {
      free_.erase(keyOf(*std::next(block)));
      absorbNext(block);
    }
    free_.insert(keyOf(*block));
  }

  /// Whether both are free, and one ends where the other begins.
  static bool touch(Blocks::iterator first, Blocks::iterator second) {
    return first->second.free && second->second.free && first->first + first->second.size == second->first;
  }

  void absorbNext(Blocks::iterator block) {
    block->second.size += std::next(block)->second.size;
    blocks_.erase(std::next(block));
  }

  static std::pair<size_t, char*> keyOf(const Blocks::value_type& block) { return {block.second.size, block.first}; }

  std::mutex mutex_;
  Blocks blocks_;
  std::set<std::pair<size_t, char*>> free_;
};

/// It stays until the process ends, as tensors may.
Heap& heap() {
  static Heap* const one = new Heap;
  return *one;
}

void release(void* data) {
  if (!heap().giveBack(data)) c10::free_cpu(data);
}

/// In newer releases of libtorch `allocate` is not const, and there is `copy_data`: what a release does not ask for is a
/// function like any other.
class HeapAllocator : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) const {
    if (bytes >= kSmallest)
      if (void* const data = heap().take(bytes)) return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
    // libtorch's own allocator says what is wrong where there is no memory.
    return c10::GetDefaultCPUAllocator()->allocate(bytes);
  }
  c10::DataPtr allocate(size_t bytes) { return std::as_const(*this).allocate(bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
};

}  // namespace

void useHeap() {
  static auto* const allocator = new HeapAllocator;
  c10::SetCPUAllocator(allocator, 1);
}

void trimHeap() { heap().trim(); }
#else
void useHeap() {}

void trimHeap() {}
#endif

}  // namespace crosstask
