// How freed memory is kept for the next step, and given back to the system.
#pragma once

#include <string>

namespace crosstask {

/// A training step frees and asks for the same hundreds of megabytes again and again: keeps them in the process.
void keepFreedMemory();

/// Gives what is free back to the system.
void trimMemory();

/// Whether an error's message is that of a failed allocation.
bool isOutOfMemory(const std::string& message);

}  // namespace crosstask
