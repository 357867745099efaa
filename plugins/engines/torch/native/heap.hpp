// Where the processor's tensors lie.
#pragma once

namespace crosstask {

/// From now on libtorch puts large tensors into a heap that nothing else uses, and that keeps what they free: a training
/// step frees and asks for the same hundreds of megabytes again and again.
void useHeap();

/// Gives what is free in it back to the system.
void trimHeap();

}  // namespace crosstask
