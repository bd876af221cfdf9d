#include "agent/base/memory.h"

const size_t arena_block_size = (size_t)32 * 1024;
