// Who is still there: signs of life in the store that all ranks reach.
#include "ranks.hpp"

#ifdef CROSSTASK_RANKS
#include <algorithm>

namespace crosstask {

using Clock = std::chrono::steady_clock;

namespace {

constexpr Milliseconds kBeat{500};
const std::string kLeft = "left";
const std::string kOver = "over";

std::string signOf(int rank) { return "sign/" + std::to_string(rank); }

std::string firstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string seconds(Milliseconds time) {
  const auto whole = time.count() / 1000;
  return std::to_string(whole) + " s";
}

std::vector<uint8_t> bytesOf(const std::string& text) { return {text.begin(), text.end()}; }
std::string textOf(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

void SharedKeys::set(const std::string& key, const std::string& value) { store_->set(full(key), bytesOf(value)); }
bool SharedKeys::has(const std::string& key) { return store_->check({full(key)}); }
std::string SharedKeys::get(const std::string& key) { return textOf(store_->get(full(key))); }
void SharedKeys::remove(const std::string& key) { store_->deleteKey(full(key)); }
int64_t SharedKeys::count(const std::string& key) { return store_->add(full(key), 1); }

std::string SharedKeys::claim(const std::string& key, const std::string& value) {
  return textOf(store_->compareSet(full(key), {}, bytesOf(value)));
}

Watch::Watch(const Meeting& meeting, SharedKeys& keys) : meeting_(meeting), keys_(keys) {
  beat();
  thread_ = std::thread([this] { run(); });
}

Milliseconds Watch::silence() const {
  return std::clamp(meeting_.timeout / 5, Milliseconds(2000), Milliseconds(30000));
}

void Watch::run() {
  for (int64_t round = 0;; round++) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (wake_.wait_for(lock, kBeat, [this] { return leaving_; })) return;
    }
    try {
      beat();
      if (keys_.has(meeting_.own(kOver))) conclude(keys_.get(meeting_.own(kOver)));
      look();
    } catch (const std::exception&) {
      conclude(keeper() + " is gone");
      return;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    answered_ = Clock::now();
  }
}

/// A sign that is another one each time, with the number of exchanges in front.
void Watch::beat() {
  static std::atomic<int64_t> beats{0};
  keys_.set(signOf(meeting_.rank), std::to_string(exchanges_.load()) + " " + std::to_string(beats++));
}

/// The group's first rank looks at its others, and they at it.
void Watch::look() {
  const bool isFirst = meeting_.rank == meeting_.begin();
  const int begin = isFirst ? meeting_.begin() + 1 : meeting_.begin();
  const int end = isFirst ? meeting_.end() : meeting_.begin() + 1;
  for (int rank = begin; rank < end; rank++)
    if (keys_.has(signOf(rank)) && isSilent(rank))
      conclude(declare("rank " + std::to_string(rank) + " gives no sign of life since " + seconds(silence()) +
                       ": it was killed, hangs or is cut off"));
}

/// Whether a rank has given no other sign for so long, and has not left.
bool Watch::isSilent(int rank) {
  const std::string value = keys_.has(signOf(rank)) ? keys_.get(signOf(rank)) : "";
  const std::lock_guard<std::mutex> lock(mutex_);
  Sign& sign = signs_[rank];
  if (value != sign.value) sign = {value, Clock::now()};
  return value != kLeft && Clock::now() - sign.since > silence();
}

bool Watch::isThere(int rank) {
  if (isSilent(rank)) return false;
  const std::lock_guard<std::mutex> lock(mutex_);
  return signs_[rank].value != kLeft;
}

/// Who keeps what all ranks share.
std::string Watch::keeper() const {
  return meeting_.serves ? "rank 0, which keeps the ranks together," : "the launcher’s store";
}

void Watch::endWithoutKeys() {
  conclude(keeper() + " is gone");
  throw RankLost(reason());
}

std::string Watch::reason() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return reason_;
}

void Watch::conclude(const std::string& reason) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (reason_.empty()) reason_ = reason;
}

bool Watch::isSilent() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return Clock::now() - answered_ > silence();
}

void Watch::check() {
  if (isSilent())
    conclude(keeper() + " does not answer since " + seconds(silence()) + ": it was killed, hangs or is cut off");
  const std::string found = reason();
  if (!found.empty()) throw RankLost(found);
}

std::string Watch::declare(const std::string& reason) {
  std::string first = reason;
  try {
    if (!isSilent()) first = keys_.claim(meeting_.own(kOver), reason);
  } catch (const std::exception&) {
    // The store is gone; the others notice that themselves.
  }
  conclude(first);
  return first;
}

std::string Watch::explain(const std::string& failure) {
  // Whoever is silent, or failed for a reason of its own, is found out in this time.
  const auto deadline = Clock::now() + silence() + 4 * kBeat;
  const bool late = failure.find("imed out") != std::string::npos;
  while (!late && reason().empty() && !isSilent() && Clock::now() < deadline) std::this_thread::sleep_for(kBeat);
  try {
    check();
    std::string behind;
    for (int rank = meeting_.begin(); late && rank < meeting_.end(); rank++) {
      if (rank == meeting_.rank || !keys_.has(signOf(rank))) continue;
      const std::string sign = keys_.get(signOf(rank));
      if (sign == kLeft || std::atoll(sign.c_str()) < exchanges_) behind += (behind.empty() ? "" : ", ") + std::to_string(rank);
    }
    if (!behind.empty())
      return declare("rank " + behind + " has not come to where the others wait for it within " + seconds(meeting_.timeout));
  } catch (const RankLost& lost) {
    return lost.what();
  } catch (const std::exception&) {
    // Nothing more can be found out.
  }
  return declare("rank " + std::to_string(meeting_.rank) + " lost another one: " + firstLine(failure));
}

void Watch::leave() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    leaving_ = true;
    wake_.notify_all();
  }
  if (isSilent()) {
    thread_.detach();
    return;
  }
  thread_.join();
  try {
    keys_.set(signOf(meeting_.rank), kLeft);
    if (meeting_.rank != 0) return;
    const auto deadline = Clock::now() + silence();
    const auto awaited = [&](int rank) {
      return rank >= meeting_.end() || (meeting_.serves && Clock::now() < deadline);
    };
    for (int rank = 1; rank < meeting_.size; rank++)
      while (awaited(rank) && isThere(rank)) std::this_thread::sleep_for(kBeat / 5);
  } catch (const std::exception&) {
    // The store is gone: nobody is left to wait for.
  }
}

}  // namespace crosstask
#endif
