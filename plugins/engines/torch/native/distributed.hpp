// Training on several ranks, as the module exposes it.
#pragma once

#include <stdexcept>
#include <vector>

#include "addon.hpp"

namespace crosstask {

/// Another rank failed, or the connection to it.
struct RankLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The functions that give promises. None where the addon is built without Gloo.
std::vector<Export> distributedFunctions();

/// The functions on tensors.
std::vector<Export> distributedKernels();

}  // namespace crosstask
