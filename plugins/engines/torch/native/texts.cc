// What ranks tell each other in texts, through the store that all reach.
#include "ranks.hpp"

#ifdef CROSSTASK_RANKS
#include <algorithm>

namespace crosstask {

namespace {

constexpr Milliseconds kLeastPause{5}, kMostPause{100};

}  // namespace

/// Uses the store; where that fails, it is gone with whoever keeps it.
template <typename Use>
auto Ranks::withKeys(Use use) {
  try {
    return use();
  } catch (const RankLost&) {
    throw;
  } catch (const std::exception&) {
    watch_->endWithoutKeys();
  }
}

std::vector<std::string> Ranks::gather(const Round& round, const std::string& text) {
  return withKeys([&] { return exchangeTexts(round, text); });
}

std::vector<std::string> Ranks::exchangeTexts(const Round& round, const std::string& text) {
  const auto key = [&](int64_t number, int rank) {
    const std::string name = "text/" + round.topic + "/" + std::to_string(number) + "/" + std::to_string(rank);
    return round.ofAll ? name : meeting_.own(name);
  };
  // In front of each text, as ranks that go on from other places would mix up what they exchange.
  const std::string asked = round.ofAll ? " " : std::to_string(round.asked) + " ";
  const int begin = round.ofAll ? 0 : meeting_.begin(), end = round.ofAll ? meeting_.size : meeting_.end();
  keys_.set(key(round.number, meeting_.rank), asked + text);
  std::vector<std::string> texts;
  for (int rank = begin; rank < end; rank++) {
    const std::string theirs = awaitKey(key(round.number, rank), rank);
    if (theirs.compare(0, asked.size(), asked) != 0)
      throw RankLost(watch_->declare("rank " + std::to_string(rank) + " has taken part in other exchanges than rank " +
                                     std::to_string(meeting_.rank)));
    texts.push_back(theirs.substr(asked.size()));
  }
  // Whoever tells this round's has read the round before.
  if (round.number > 0) keys_.remove(key(round.number - 1, meeting_.rank));
  return texts;
}

/// The value of a key that a rank is about to set.
std::string Ranks::awaitKey(const std::string& key, int rank) {
  const auto deadline = std::chrono::steady_clock::now() + meeting_.timeout;
  // Whoever waits for long asks less often: all ask the same store.
  for (Milliseconds pause = kLeastPause; !keys_.has(key); pause = std::min(2 * pause, kMostPause)) {
    watch_->check();
    if (std::chrono::steady_clock::now() > deadline)
      throw RankLost(watch_->declare("rank " + std::to_string(rank) + " has not come within " +
                                     std::to_string(meeting_.timeout.count() / 1000) + " s"));
    std::this_thread::sleep_for(pause);
  }
  return keys_.get(key);
}

std::string Ranks::claim(const std::string& name, const std::string& text) {
  return withKeys([&] { return keys_.claim("told/" + name, text); });
}

std::vector<std::string> Ranks::told(const std::string& name) {
  return withKeys([&, key = "told/" + name] {
    return keys_.has(key) ? std::vector<std::string>{keys_.get(key)} : std::vector<std::string>{};
  });
}

bool Ranks::isThere(int rank) {
  return withKeys([&] { return watch_->isThere(rank); });
}

}  // namespace crosstask
#endif
