// The processes that train together, over torch.distributed (c10d): a store that all reach, Gloo between every two of them,
// NCCL between their CUDA cards, and a watch over who is still there.
#pragma once

#include "distributed.hpp"

// Gloo's headers are a package of their own (Debian: libgloo-dev); without them the addon is built without ranks.
#if __has_include(<gloo/config.h>) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>)
#define CROSSTASK_RANKS 1
#define USE_C10D_GLOO
// A libtorch with CUDA has NCCL in it; its header is a package of its own, too (PyPI: nvidia-nccl-cu12).
#if defined(CROSSTASK_CUDA) && __has_include(<nccl.h>) && __has_include(<torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>)
#define CROSSTASK_NCCL 1
#define USE_C10D_NCCL
#endif

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#ifdef CROSSTASK_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#include <vector>

namespace crosstask {

using Milliseconds = std::chrono::milliseconds;

/// Where the ranks meet, and how long they wait for each other.
struct Meeting {
  std::string host;
  uint16_t port;
  /// Whether rank 0 keeps the store; not where the launcher does.
  bool serves;
  int rank, size;
  /// How many consecutive ranks exchange tensors, and end together; a divisor of size.
  int group;
  Milliseconds timeout, startTimeout;
  /// Before the name of every key, so that several worlds can share a store.
  std::string prefix;
  /// Tells this rank's CUDA card from all others; empty where its tensors are the processor's.
  std::string card;

  /// The group's first rank, and the one after its last.
  int begin() const { return rank - rank % group; }
  int end() const { return begin() + group; }
  /// The name of something of the group's own.
  std::string own(const std::string& name) const { return "group-" + std::to_string(begin()) + "/" + name; }
};

/// The keys and values that all ranks see. No call waits for another rank, so that the watch is never held up.
class SharedKeys {
 public:
  SharedKeys(const Meeting& meeting, c10::intrusive_ptr<c10d::Store> store) : meeting_(meeting), store_(std::move(store)) {}

  void set(const std::string& key, const std::string& value);
  bool has(const std::string& key);
  /// Of a key that is there.
  std::string get(const std::string& key);
  void remove(const std::string& key);
  /// Sets the value where there is none yet. @returns the one that is there now
  std::string claim(const std::string& key, const std::string& value);
  /// How often this was called for the key, by any rank.
  int64_t count(const std::string& key);

 private:
  std::string full(const std::string& key) const { return meeting_.prefix + "/" + key; }

  const Meeting& meeting_;
  c10::intrusive_ptr<c10d::Store> store_;
};

/// Every rank tells twice a second that it lives and how far it is; its group's first one says so where one falls silent,
/// and the others where that one does.
class Watch {
 public:
  Watch(const Meeting& meeting, SharedKeys& keys);

  /// Throws where a rank of the group has been found to be lost.
  void check();
  /// Whether a rank of any group has not left, and gives signs.
  bool isThere(int rank);
  /// Throws that what all ranks share is gone.
  [[noreturn]] void endWithoutKeys();
  /// Tells the group's ranks that it is over, and why. @returns the reason, which may be another rank's that was first
  std::string declare(const std::string& reason);
  /// What a failed exchange is due to, as far as it can be found out.
  std::string explain(const std::string& failure);
  /// Stops telling. Rank 0 of all waits until the others have stopped, too: it keeps the store. Other groups may be at
  /// work for long; it waits for them as long as they give signs.
  void leave();
  /// One exchange begun.
  void advance() { exchanges_++; }

 private:
  void run();
  void beat();
  void look();
  bool isSilent(int rank);
  std::string keeper() const;
  std::string reason();
  void conclude(const std::string& reason);
  bool isSilent();
  /// How long a rank may give no sign.
  Milliseconds silence() const;

  const Meeting& meeting_;
  SharedKeys& keys_;
  std::atomic<int64_t> exchanges_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string reason_;
  bool leaving_ = false;
  std::chrono::steady_clock::time_point answered_ = std::chrono::steady_clock::now();
  struct Sign {
    std::string value;
    std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
  };
  std::map<int, Sign> signs_;
  std::thread thread_;
};

/// A round of texts.
struct Round {
  std::string topic;
  /// Among those of its topic.
  int64_t number;
  /// Whether of all ranks; else of the group's.
  bool ofAll;
  /// How many exchanges were asked for before.
  int64_t asked;
};

/// This process among the ranks.
class Ranks {
 public:
  /// Meets the others. Blocks.
  explicit Ranks(const Meeting& meeting);

  /// Starts the average over the ranks of some tensors, laid side by side. With bf16 they travel as such.
  void startAverage(int64_t id, const Tensors& tensors, bool bf16);
  /// Waits for it. Float32, in the shapes of the tensors.
  Tensors finishAverage(int64_t id);
  /// Rank 0's values.
  Tensors broadcast(const Tensors& tensors);
  /// Every rank's text, by rank. Blocks; all those ranks have to call it.
  std::vector<std::string> gather(const Round& round, const std::string& text);
  /// How many exchanges were asked for.
  int64_t asked() const { return asked_; }
  /// Tells all ranks something under a name, unless it was told before. @returns what is told now
  std::string claim(const std::string& name, const std::string& text);
  /// What was told under a name; none where nothing was.
  std::vector<std::string> told(const std::string& name);
  /// Whether a rank of any group is at work.
  bool isThere(int rank);
  /// Ends this rank's part. @param failure why, where it is not done
  void leave(const std::string& failure);

 private:
  struct Exchange;

  void introduce();
  void connect();
  bool haveCards();
  /// Whether tensors travel from card to card.
  bool onCards() const;
  void run();
  template <typename Use>
  auto withKeys(Use use);
  std::vector<std::string> exchangeTexts(const Round& round, const std::string& text);
  std::string awaitKey(const std::string& key, int rank);
  std::shared_ptr<Exchange> enqueue(const Tensors& tensors, double scale, std::function<void(Tensor&)> work);
  void await(Exchange& exchange);
  template <typename Work>
  void finish(Work& work, const Tensor& flat);
  template <typename Use>
  void onGroup(const Tensor& flat, Use use);
  void sum(Tensor& flat);
  void sumHalves(Tensor& flat);

  const Meeting meeting_;
  c10::intrusive_ptr<c10d::TCPStore> store_;
  SharedKeys keys_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
#ifdef CROSSTASK_NCCL
  /// None where tensors travel through the processor's memory.
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> cards_;
#endif
  std::unique_ptr<Watch> watch_;
  std::map<int64_t, std::shared_ptr<Exchange>> averages_;
  int64_t asked_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Exchange>> queue_;
};

}  // namespace crosstask
#endif
