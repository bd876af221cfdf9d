#include "agent/base/memory.h"

const size_t arena_block_size = 1;
