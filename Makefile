# make            the agent                    make test         everything below, one closing line
# make DEV=1 ...  warnings are errors, with    make check        what needs no server
#                 address/undefined sanitizers make integration  real PostgreSQL, Redis, HTTP
# make demo       the whole purpose, shown     make lint         layers, format, tidy, cppcheck, analyzer
# make soak       random tests, thousands      make bench        ratios against baselines
# make fuzz T=x   new fuzzing for 60 s         make golden       rewrites tests/golden; read the diff
# Objects go to build/release or build/dev; nothing is written beside the sources.

VERSION := 0.1.0
MODE := $(if $(DEV),dev,release)
BUILD ?= build
OUT  := $(BUILD)/$(MODE)
PACKAGES := libevent libevent_openssl libpq hiredis libcurl json-c yaml-0.1 sqlite3 openssl zlib

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion \
  -Wformat=2 -Wundef -Wvla -Wcast-qual -Wcast-align=strict -Wpointer-arith -Wwrite-strings \
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wredundant-decls \
  -Wnull-dereference -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wswitch-enum \
  -Wimplicit-fallthrough=5 -Wunused-macros -fno-common
HARDENING := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=2
CFLAGS_dev := -Og -Werror -fsanitize=address,undefined -fno-omit-frame-pointer
CFLAGS ?= -g
LIBS_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
BASE_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(LIBS_CFLAGS) -DVERSION='"$(VERSION)"'
ALL_CFLAGS = $(BASE_CFLAGS) -MMD -MP $(WARNINGS) $(HARDENING) $(CFLAGS_$(MODE)) $(CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(filter -fsanitize=%,$(CFLAGS_$(MODE)))
LDLIBS = $(shell pkg-config --libs $(PACKAGES)) -lpg_query -lroaring -lm

SOURCES := $(filter-out agent/main.c,$(wildcard agent/*.c agent/base/*.c agent/io/*.c \
  agent/verbs/*.c agent/receiver/*.c metrics/*.c)) agent/base/variant/arena_$(MODE).c
LIBRARY := $(OUT)/libagent.a
AGENT   := $(OUT)/service-ping
UNIT    := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
REAL    := $(patsubst %.c,$(OUT)/%,$(wildcard tests/integration/test_*.c))
REPLAY  := $(patsubst tests/fuzz/%.c,$(OUT)/tests/replay/%,$(wildcard tests/fuzz/fuzz_*.c))
SUPPORT := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/support/*.c))

.PHONY: all packages demo test check integration soak bench lint layers format golden fuzz clean
all: $(AGENT)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBRARY): $(SOURCES:%.c=$(OUT)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(AGENT): $(OUT)/agent/main.o $(LIBRARY)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(UNIT) $(REAL): $(OUT)/%: $(OUT)/%.o $(SUPPORT) $(LIBRARY)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

$(OUT)/tests/replay/%: $(OUT)/tests/fuzz/%.o $(OUT)/tests/tools/replay_main.o $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.PRECIOUS: $(OUT)/%.o
