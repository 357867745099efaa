// Meeting, and exchanging tensors. One thread does all exchanges, in the order in which they were asked for, which is
// the same on every rank.
#include "ranks.hpp"

#ifdef CROSSTASK_RANKS
#include <ATen/Parallel.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#ifdef _OPENMP
#include <omp.h>
#endif

namespace crosstask {

/// Some tensors on their way, side by side in one.
struct Ranks::Exchange {
  Tensor flat;
  std::vector<Ints> shapes;
  at::Device device = at::kCPU;
  std::function<void(Tensor&)> work;
  bool done = false;
  std::string failure;
};

namespace {

constexpr Milliseconds kGlance{200};
constexpr Milliseconds kPoll{5};
constexpr std::chrono::microseconds kCardGlance{100};
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

/// Filters lie output channel by output channel on every rank, whatever the strides: so it is one copy of memory mostly.
Tensor inOrder(const Tensor& x) { return x.dim() == 4 ? x.permute({3, 0, 1, 2}) : x; }

Tensor asBefore(const Tensor& part, const Ints& shape) {
  if (shape.size() != 4) return part.view(shape);
  return part.view({shape[3], shape[0], shape[1], shape[2]}).permute({1, 2, 3, 0});
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

int64_t sizeOf(const Ints& shape) {
  int64_t size = 1;
  for (const int64_t extent : shape) size *= extent;
  return size;
}

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
  const auto store = c10::make_intrusive<c10d::PrefixStore>(meeting_.prefix + "/" + meeting_.own("gloo"), store_);
  group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store, meeting_.rank - meeting_.begin(), meeting_.group, options);
#ifdef CROSSTASK_NCCL
  if (!haveCards()) return;
  const auto ncclOptions = c10d::ProcessGroupNCCL::Options::create();
  ncclOptions->timeout = kNcclPatience * meeting_.timeout;
  const auto ncclStore = c10::make_intrusive<c10d::PrefixStore>(meeting_.prefix + "/" + meeting_.own("nccl"), store_);
  cards_ = c10::make_intrusive<c10d::ProcessGroupNCCL>(ncclStore, meeting_.rank - meeting_.begin(), meeting_.group,
                                                       ncclOptions);
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

void Ranks::run() {
  // Gloo's own threads write into tensors that are made here, which inference mode's forbid.
  at::NoGradGuard noGrad;
#ifdef _OPENMP
  // The threads that compute are the main thread's; what is to be added up here is little.
  at::internal::lazy_init_num_threads();
  omp_set_num_threads(1);
#endif
  for (;;) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !queue_.empty(); });
    const auto exchange = queue_.front();
    queue_.pop_front();
    lock.unlock();
    watch_->advance();
    std::string failure;
    try {
      exchange->work(exchange->flat);
    } catch (const std::exception& error) {
      failure = watch_->explain(error.what());
    }
    lock.lock();
    exchange->failure = failure;
    exchange->done = true;
    changed_.notify_all();
  }
}

std::shared_ptr<Ranks::Exchange> Ranks::enqueue(const Tensors& tensors, double scale,
                                                std::function<void(Tensor&)> work) {
  const auto exchange = std::make_shared<Exchange>();
  int64_t total = 0;
  for (const Tensor& tensor : tensors) {
    exchange->shapes.push_back(tensor.sizes().vec());
    exchange->device = tensor.device();
    total += tensor.numel();
  }
  exchange->flat = at::empty({total}, at::TensorOptions(at::kFloat).device(exchange->device));
  int64_t begin = 0;
  for (const Tensor& tensor : tensors) {
    const Tensor ordered = inOrder(tensor);
    Tensor part = exchange->flat.narrow(0, begin, tensor.numel()).view(ordered.sizes());
    if (scale == 1) part.copy_(ordered);
    else at::mul_out(part, ordered.to(at::kFloat), at::scalar_tensor(scale));
    begin += tensor.numel();
  }
  if (!onCards()) exchange->flat = exchange->flat.to(at::kCPU);
  exchange->work = std::move(work);
  asked_++;
  const std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back(exchange);
  changed_.notify_all();
  return exchange;
}

void Ranks::await(Exchange& exchange) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!exchange.done) {
    // Gloo itself notices a rank that is gone only where it is about to hear from it.
    if (changed_.wait_for(lock, kGlance) == std::cv_status::timeout && !exchange.done) {
      lock.unlock();
      watch_->check();
      lock.lock();
    }
  }
  if (!exchange.failure.empty()) throw RankLost(exchange.failure);
}

void Ranks::startAverage(int64_t id, const Tensors& tensors, bool bf16) {
  averages_[id] = enqueue(tensors, 1.0 / meeting_.group, [this, bf16](Tensor& flat) { bf16 ? sumHalves(flat) : sum(flat); });
}

/// Views of one memory, but for small ones: whoever keeps a bias is not to keep all that travelled beside it.
static Tensors partsOf(const Tensor& flat, const std::vector<Ints>& shapes) {
  Tensors parts;
  int64_t begin = 0;
  for (const Ints& shape : shapes) {
    const Tensor part = flat.narrow(0, begin, sizeOf(shape));
    parts.push_back(asBefore(8 * part.numel() < flat.numel() ? part.clone() : part, shape));
    begin += sizeOf(shape);
  }
  return parts;
}

Tensors Ranks::finishAverage(int64_t id) {
  const auto found = averages_.find(id);
  TORCH_CHECK(found != averages_.end(), "no average ", id, " is under way");
  const auto exchange = found->second;
  averages_.erase(found);
  await(*exchange);
  return partsOf(exchange->flat.to(exchange->device), exchange->shapes);
}

Tensors Ranks::broadcast(const Tensors& tensors) {
  const auto exchange = enqueue(tensors, 1, [this](Tensor& flat) {
    onGroup(flat, [&](auto& group) {
      std::vector<Tensor> one{flat};
      finish(*group.broadcast(one), flat);
    });
  });
  await(*exchange);
  return partsOf(exchange->flat.to(exchange->device), exchange->shapes);
}

bool Ranks::onCards() const {
#ifdef CROSSTASK_NCCL
  return cards_ != nullptr;
#else
  return false;
#endif
}

/// Uses NCCL for a card's values, Gloo for others.
template <typename Use>
void Ranks::onGroup(const Tensor& flat, Use use) {
#ifdef CROSSTASK_NCCL
  if (flat.is_cuda()) return use(*cards_);
#endif
  use(*group_);
}

/// Waits until an exchange is done. On a card `wait` only puts what is computed next behind it: who asks would not notice
/// a rank that is gone.
template <typename Work>
void Ranks::finish(Work& work, const Tensor& flat) {
  const auto deadline = std::chrono::steady_clock::now() + meeting_.timeout;
  while (flat.is_cuda() && !work.isCompleted()) {
    TORCH_CHECK(std::chrono::steady_clock::now() < deadline, "an exchange between CUDA cards timed out");
    std::this_thread::sleep_for(kCardGlance);
  }
  work.wait();
}

void Ranks::sum(Tensor& flat) {
  onGroup(flat, [&](auto& group) {
    std::vector<Tensor> one{flat};
    finish(*group.allreduce(one), flat);
  });
}

/// Each rank adds up one part of all, in float32, of what arrives as bfloat16, and sends the sum as such: half of what a
/// ring of float32 sends. Every rank ends with the same values, its own part rounded like the others'.
void Ranks::sumHalves(Tensor& flat) {
  const int64_t size = meeting_.group, chunk = (flat.numel() + size - 1) / size;
  Tensor sent = at::zeros({size, chunk}, flat.options().dtype(at::kBFloat16));
  sent.view(-1).narrow(0, 0, flat.numel()).copy_(flat);
  Tensor arrived = at::empty_like(sent);
  onGroup(flat, [&](auto& group) {
    std::vector<int64_t> even;
    Tensor sentBytes = sent.view(at::kByte), arrivedBytes = arrived.view(at::kByte);
    finish(*group.alltoall_base(arrivedBytes, sentBytes, even, even), flat);
    std::vector<Tensor> own{at::sum(arrived.to(at::kFloat), 0).to(at::kBFloat16).view(at::kByte)};
    std::vector<std::vector<Tensor>> all{{}};
    for (int64_t rank = 0; rank < size; rank++) all[0].push_back(at::empty_like(own[0]));
    finish(*group.allgather(all, own), flat);
    flat = at::cat(all[0]).view(at::kBFloat16).narrow(0, 0, flat.numel()).to(at::kFloat);
  });
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
