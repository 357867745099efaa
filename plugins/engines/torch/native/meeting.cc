// Meeting, and parting.
#include "ranks.hpp"

#ifdef CROSSTASK_RANKS
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

namespace crosstask {
namespace {

constexpr Milliseconds kPoll{5};
const std::string kNoCard = "none";

/// The address by which this host reaches another; empty where none does.
std::string addressTowards(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return "";
  std::string address;
  for (const addrinfo* at = found; at != nullptr && address.empty(); at = at->ai_next) {
    const int fd = socket(at->ai_family, SOCK_DGRAM, 0);
    if (fd < 0) continue;
    sockaddr_storage own{};
    socklen_t length = sizeof own;
    char text[NI_MAXHOST];
    // Nothing is sent: the system only picks the way.
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0 && getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
        getnameinfo(reinterpret_cast<sockaddr*>(&own), length, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      address = text;
    close(fd);
  }
  freeaddrinfo(found);
  return address;
}

/// Where Gloo listens: the interface that GLOO_SOCKET_IFNAME names, else the one that leads to rank 0.
std::shared_ptr<::gloo::transport::Device> deviceTowards(const Meeting& meeting) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0') return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  const std::string address = addressTowards(meeting.host, meeting.port);
  const auto isLoopback = [](const std::string& text) {
    return text.rfind("127.", 0) == 0 || text == "::1" || text == "localhost";
  };
  // Rank 0's host may know its own name as a loopback address, which the others do not reach.
  if (address.empty() || (isLoopback(address) && !isLoopback(meeting.host)))
    return c10d::ProcessGroupGloo::createDefaultDevice();
  return c10d::ProcessGroupGloo::createDeviceForHostname(address);
}

c10::intrusive_ptr<c10d::TCPStore> openStore(const Meeting& meeting) {
  c10d::TCPStoreOptions options;
  options.port = meeting.port;
  options.isServer = meeting.serves && meeting.rank == 0;
  options.waitWorkers = false;
  options.timeout = meeting.startTimeout;
  return c10::make_intrusive<c10d::TCPStore>(meeting.host, options);
}

#ifdef CROSSTASK_NCCL
/// NCCL's own watch ends the whole process without a word of what to do; the ranks' watch is to come first.
constexpr int kNcclPatience = 10;

/// Newer libtorches want to be told before the group goes.
template <typename Group>
auto shutDown(Group& group, int) -> decltype(group.shutdown()) {
  return group.shutdown();
}
template <typename Group>
void shutDown(Group&, long) {}
#endif

}  // namespace

Ranks::Ranks(const Meeting& meeting) : meeting_(meeting), store_(openStore(meeting_)), keys_(meeting_, store_) {
  introduce();
  if (meeting_.group > 1) connect();
  watch_ = std::make_unique<Watch>(meeting_, keys_);
  if (meeting_.group > 1) std::thread([this] { run(); }).detach();
}

void Ranks::connect() {
  const auto options = c10d::ProcessGroupGloo::Options::create(meeting_.timeout);
  options->devices.push_back(deviceTowards(meeting_));
  options->threads = 1;
  const int rank = meeting_.rank - meeting_.begin();
  const auto storeOf = [this](const std::string& name) {
    return c10::make_intrusive<c10d::PrefixStore>(meeting_.prefix + "/" + meeting_.own(name), store_);
  };
  group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(storeOf("gloo"), rank, meeting_.group, options);
#ifdef CROSSTASK_NCCL
  if (!haveCards()) return;
  const auto ncclOptions = c10d::ProcessGroupNCCL::Options::create();
  ncclOptions->timeout = kNcclPatience * meeting_.timeout;
  cards_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(storeOf("nccl"), rank, meeting_.group, ncclOptions);
#endif
}

/// Whether every rank of the group has a card to itself, as NCCL needs it.
bool Ranks::haveCards() {
  std::set<std::string> cards;
  for (int rank = meeting_.begin(); rank < meeting_.end(); rank++) {
    const std::string card = keys_.get("card/" + std::to_string(rank));
    if (card != kNoCard) cards.insert(card);
  }
  return int(cards.size()) == meeting_.group;
}

/// Everyone tells its rank and how many it thinks there are, and looks at everyone else.
void Ranks::introduce() {
  const std::string own = "rank/" + std::to_string(meeting_.rank);
  const std::string groups = meeting_.group < meeting_.size ? " in groups of " + std::to_string(meeting_.group) : "";
  const std::string size = std::to_string(meeting_.size) + " ranks" + groups;
  TORCH_CHECK(keys_.count(own + "/claims") == 1, "two processes say that they are rank ", meeting_.rank);
  // Before the rank itself: whoever sees that finds this, too.
  keys_.set("card/" + std::to_string(meeting_.rank), meeting_.card.empty() ? kNoCard : meeting_.card);
  keys_.set(own, size);
  const auto deadline = std::chrono::steady_clock::now() + meeting_.startTimeout;
  for (int rank = 0; rank < meeting_.size; rank++) {
    const std::string key = "rank/" + std::to_string(rank);
    while (!keys_.has(key)) {
      TORCH_CHECK(std::chrono::steady_clock::now() < deadline, "rank ", rank, " of ", size, " has not come within ",
                  meeting_.startTimeout.count() / 1000.0, " s");
      std::this_thread::sleep_for(kPoll);
    }
    const std::string theirs = keys_.get(key);
    TORCH_CHECK(theirs == size, "rank ", rank, " was told that there are ", theirs, ", rank ", meeting_.rank,
                " that there are ", size);
  }
}

void Ranks::leave(const std::string& failure) {
  if (!failure.empty()) watch_->declare(failure);
#ifdef CROSSTASK_NCCL
  // After a failure the cards may be at an exchange that never ends.
  if (cards_ && failure.empty()) {
    shutDown(*cards_, 0);
    cards_.reset();
  }
#endif
  watch_->leave();
}

}  // namespace crosstask
#endif
