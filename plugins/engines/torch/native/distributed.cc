// What JavaScript calls to train on several ranks. What waits for other ranks' texts runs on a thread of Node's pool and
// gives a promise; what is part of a step blocks, since a step has nothing else to do.
#include "ranks.hpp"

#ifdef CROSSTASK_NCCL
#include <ATen/cuda/CUDAContext.h>
#endif

namespace crosstask {

#ifdef CROSSTASK_RANKS
namespace {

/// A process is one rank at most. It stays until the process ends: a thread may still be waiting in it.
Ranks* joined = nullptr;
/// How many rounds of texts there were, by topic.
std::map<std::string, int64_t> rounds;

Ranks& ranks() {
  TORCH_CHECK(joined != nullptr, "this process has not joined any ranks");
  return *joined;
}

using Texts = std::vector<std::string>;

/// Work on another thread and the promise of what comes out.
struct Promised {
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  std::function<Texts()> run;
  Texts result;
  std::string failure;
  const char* code = nullptr;
};

void execute(napi_env, void* data) {
  Promised& promised = *static_cast<Promised*>(data);
  try {
    promised.result = promised.run();
  } catch (const RankLost& lost) {
    promised.code = "RANK_LOST";
    promised.failure = lost.what();
  } catch (const c10::Error& error) {
    promised.failure = error.what_without_backtrace();
  } catch (const std::exception& error) {
    promised.failure = error.what();
  }
}

napi_value textValue(napi_env env, const std::string& text) {
  napi_value value;
  check(napi_create_string_utf8(env, text.data(), text.size(), &value), "a text");
  return value;
}

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Promised> promised(static_cast<Promised*>(data));
  if (promised->failure.empty()) {
    napi_value list;
    napi_create_array_with_length(env, promised->result.size(), &list);
    for (size_t i = 0; i < promised->result.size(); i++) napi_set_element(env, list, i, textValue(env, promised->result[i]));
    napi_resolve_deferred(env, promised->deferred, list);
  } else {
    napi_value error;
    napi_create_error(env, promised->code ? textValue(env, promised->code) : nullptr, textValue(env, promised->failure), &error);
    napi_reject_deferred(env, promised->deferred, error);
  }
  napi_delete_async_work(env, promised->work);
}

napi_value promise(napi_env env, std::function<Texts()> run) {
  auto* promised = new Promised;
  promised->run = std::move(run);
  napi_value result;
  napi_create_promise(env, &promised->deferred, &result);
  napi_create_async_work(env, nullptr, textValue(env, "crosstask ranks"), execute, complete, promised, &promised->work);
  napi_queue_async_work(env, promised->work);
  return result;
}

/// Calls with the arguments; a C++ exception becomes a JavaScript error.
template <size_t Arity, typename Body>
napi_value withArguments(napi_env env, napi_callback_info info, Body body) {
  size_t count = Arity;
  napi_value values[Arity];
  try {
    check(napi_get_cb_info(env, info, &count, values, nullptr, nullptr), "arguments");
    TORCH_CHECK(count == Arity, "expected ", Arity, " arguments, found ", count);
    return body(Addon::of(env), values);
  } catch (const c10::Error& error) {
    napi_throw_error(env, nullptr, error.what_without_backtrace());
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

/// See `Meeting::card`.
std::string cardOf(const Addon& addon) {
#ifdef CROSSTASK_NCCL
  if (addon.device.is_cuda()) {
    const auto& uuid = at::cuda::getCurrentDeviceProperties()->uuid.bytes;
    return std::string(uuid, sizeof uuid);
  }
#endif
  return "";
}

/// joinRanks(host, port, serves, rank, size, group, timeout, startTimeout, prefix): times in ms.
napi_value joinRanks(napi_env env, napi_callback_info info) {
  return withArguments<9>(env, info, [env](Addon& addon, napi_value* values) {
    TORCH_CHECK(joined == nullptr, "this process has joined ranks already");
    Meeting meeting{argument<std::string>(addon, values[0]),
                    uint16_t(argument<int64_t>(addon, values[1])),
                    argument<bool>(addon, values[2]),
                    int(argument<int64_t>(addon, values[3])),
                    int(argument<int64_t>(addon, values[4])),
                    int(argument<int64_t>(addon, values[5])),
                    Milliseconds(argument<int64_t>(addon, values[6])),
                    Milliseconds(argument<int64_t>(addon, values[7])),
                    argument<std::string>(addon, values[8]),
                    cardOf(addon)};
    return promise(env, [meeting]() -> Texts {
      joined = new Ranks(meeting);
      return {};
    });
  });
}

/// gatherTexts(text, topic, ofAll): every rank's, by rank.
napi_value gatherTexts(napi_env env, napi_callback_info info) {
  return withArguments<3>(env, info, [env](Addon& addon, napi_value* values) {
    const std::string topic = argument<std::string>(addon, values[1]);
    const Round round{topic, rounds[topic]++, argument<bool>(addon, values[2]), ranks().asked()};
    return promise(env, [&own = ranks(), round, text = argument<std::string>(addon, values[0])] {
      return own.gather(round, text);
    });
  });
}

/// claimText(name, text): what is told under the name now.
napi_value claimText(napi_env env, napi_callback_info info) {
  return withArguments<2>(env, info, [env](Addon& addon, napi_value* values) {
    return promise(env, [&own = ranks(), name = argument<std::string>(addon, values[0]),
                         text = argument<std::string>(addon, values[1])]() -> Texts { return {own.claim(name, text)}; });
  });
}

/// toldText(name): what was told under the name, if anything.
napi_value toldText(napi_env env, napi_callback_info info) {
  return withArguments<1>(env, info, [env](Addon& addon, napi_value* values) {
    return promise(env, [&own = ranks(), name = argument<std::string>(addon, values[0])] { return own.told(name); });
  });
}

/// findRank(rank): a text where it is at work.
napi_value findRank(napi_env env, napi_callback_info info) {
  return withArguments<1>(env, info, [env](Addon& addon, napi_value* values) {
    return promise(env, [&own = ranks(), rank = int(argument<int64_t>(addon, values[0]))] {
      return own.isThere(rank) ? Texts{"there"} : Texts{};
    });
  });
}

/// leaveRanks(failure): the failure is told to the others; an empty one is none.
napi_value leaveRanks(napi_env env, napi_callback_info info) {
  return withArguments<1>(env, info, [env](Addon& addon, napi_value* values) {
    return promise(env, [&own = ranks(), failure = argument<std::string>(addon, values[0])]() -> Texts {
      own.leave(failure);
      return {};
    });
  });
}

/// startAverage(tensors, id, precision)
void startAverage(const Tensors& tensors, int64_t id, const std::string& precision) {
  ranks().startAverage(id, tensors, precision == "bf16");
}

/// finishAverage(id)
Tensors finishAverage(int64_t id) { return ranks().finishAverage(id); }

Tensors broadcast(const Tensors& tensors) { return ranks().broadcast(tensors); }

}  // namespace

std::vector<Export> distributedFunctions() {
  return {{"joinRanks", joinRanks}, {"gatherTexts", gatherTexts}, {"claimText", claimText},
          {"toldText", toldText},   {"findRank", findRank},       {"leaveRanks", leaveRanks}};
}

std::vector<Export> distributedKernels() {
  return {kernel<startAverage>("startAverage"), kernel<finishAverage>("finishAverage"), kernel<broadcast>("broadcast")};
}

#else

std::vector<Export> distributedFunctions() { return {}; }
std::vector<Export> distributedKernels() { return {}; }

#endif

}  // namespace crosstask
