// Exchanging tensors. One thread does all exchanges, in the order in which they were asked for, which is the same on every
// rank.
#include "ranks.hpp"

#ifdef CROSSTASK_RANKS
#include <ATen/Parallel.h>
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
constexpr std::chrono::microseconds kCardGlance{100};

/// Filters lie output channel by output channel on every rank, whatever the strides: so it is one copy of memory mostly.
Tensor inOrder(const Tensor& x) { return x.dim() == 4 ? x.permute({3, 0, 1, 2}) : x; }

Tensor asBefore(const Tensor& part, const Ints& shape) {
  if (shape.size() != 4) return part.view(shape);
  return part.view({shape[3], shape[0], shape[1], shape[2]}).permute({1, 2, 3, 0});
}

int64_t sizeOf(const Ints& shape) {
  int64_t size = 1;
  for (const int64_t extent : shape) size *= extent;
  return size;
}

}  // namespace

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

}  // namespace crosstask
#endif
