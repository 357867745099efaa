// Memory given back to the system, and memory that cannot be had.
#pragma once

#include <string>

namespace crosstask {

/// Gives what is free back to the system.
void trimMemory();

/// Whether an error's message is that of a failed allocation.
bool isOutOfMemory(const std::string& message);

}  // namespace crosstask
