# make            the agent                    make test         everything below, one closing line
# make DEV=1 ...  warnings are errors, with    make check        what needs no server
#                 address/undefined sanitizers make integration  real PostgreSQL, Redis, HTTP
# make demo       the whole purpose, shown     make lint         layers, format, tidy, cppcheck, analyzer
# make soak       random tests, 2000 each      make bench        ratios against baselines
# make fuzz T=x   new fuzzing for 60 s         make golden       rewrites what is made of tables; read the diff
# make install    DESTDIR=, PREFIX=/usr, ...   make deb, rpm     packages, in build/deb and build/rpm
# make pictures   the README's, taken anew
# make installed-test  the packages in a fresh Debian 12 that boots: install, use, upgrade, purge (root)
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
# What a processor has against jumps to places that no code jumps to.
JUMPS_x86_64  := -fcf-protection
JUMPS_aarch64 := -mbranch-protection=standard
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
HARDENING := -fstack-protector-strong -fstack-clash-protection $(JUMPS_$(MACHINE)) -fPIE
CFLAGS_release := -O2 -D_FORTIFY_SOURCE=2
CFLAGS_dev := -Og -Werror -fsanitize=address,undefined -fno-omit-frame-pointer
CFLAGS ?= -g
LIBS_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))
BASE_CFLAGS = -std=c11 -D_GNU_SOURCE -I. $(LIBS_CFLAGS) -DVERSION='"$(VERSION)"'
ALL_CFLAGS = $(BASE_CFLAGS) -MMD -MP $(WARNINGS) $(HARDENING) $(CFLAGS_$(MODE)) $(CPPFLAGS) $(CFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(filter -fsanitize=%,$(CFLAGS_$(MODE)))
LDLIBS = $(shell pkg-config --libs $(PACKAGES)) -lpg_query -lroaring -lm

SOURCES := $(filter-out agent/main.c,$(wildcard agent/*.c agent/base/*.c agent/io/*.c \
  agent/verbs/*.c agent/receiver/*.c agent/web/*.c metrics/*.c)) agent/base/variant/arena_$(MODE).c
LIBRARY := $(OUT)/libagent.a
EMBEDDED := $(OUT)/agent/embedded
AGENT   := $(OUT)/service-ping
UNIT    := $(patsubst %.c,$(OUT)/%,$(wildcard tests/unit/test_*.c))
REAL    := $(patsubst %.c,$(OUT)/%,$(wildcard tests/integration/test_*.c))
REPLAY  := $(patsubst tests/fuzz/%.c,$(OUT)/tests/replay/%,$(wildcard tests/fuzz/fuzz_*.c))
SUPPORT := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/support/*.c))

.PHONY: all demo test check unit integration soak bench lint analyze layers format golden pictures fuzz clean
all: $(AGENT)

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

# The page and the schemas go into the agent as they stand, as tables of bytes.
PAGE    := agent/web/page
SCRIPTS_OF_PAGE := $(sort $(wildcard $(PAGE)/*.js))
SCHEMAS := $(foreach s,settings metric event payload,schemas/$(s).schema.json)
$(EMBEDDED).c: agent/embed $(PAGE)/page.html $(PAGE)/page.css $(SCRIPTS_OF_PAGE) $(SCHEMAS)
	@mkdir -p $(@D)
	agent/embed page_html=$(PAGE)/page.html page_css=$(PAGE)/page.css \
	  page_js=$(subst $() ,+,$(SCRIPTS_OF_PAGE)) \
	  $(foreach s,$(SCHEMAS),$(patsubst %.schema.json,%_schema,$(notdir $(s)))=$(s)) >$@.new && mv $@.new $@

$(EMBEDDED).o: $(EMBEDDED).c
	$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(LIBRARY): $(SOURCES:%.c=$(OUT)/%.o) $(EMBEDDED).o
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

# What each command needs is installed by itself, from Debian.
packages-%:
	@tests/tools/install-packages $(subst +, ,$*)

demo:
	@tests/tools/install-packages build services
	@+$(MAKE) --no-print-directory -s all
	@tests/tools/demo $(AGENT)

SCRIPTS := $(wildcard tests/integration/test_*.sh)
CHECKS  := $(UNIT) $(REPLAY)

# The tools are built by a second make, because the first could not ask pkg-config yet.
test: packages-build+services+browser
	@+$(MAKE) --no-print-directory -s $(AGENT) $(CHECKS) $(REAL)
	@AGENT=$(AGENT) tests/tools/run-suites $(CHECKS) $(wildcard tests/tools/test_*.sh) $(REAL) $(SCRIPTS)

check: packages-build+services
	@+$(MAKE) --no-print-directory -s $(AGENT) $(CHECKS)
	@AGENT=$(AGENT) tests/tools/run-suites $(CHECKS) $(wildcard tests/tools/test_*.sh)

# The part of `check` that a builder of packages runs: nothing is installed on the way.
unit: $(UNIT)
	@tests/tools/run-suites $(UNIT)

integration: packages-build+services+browser
	@+$(MAKE) --no-print-directory -s $(AGENT) $(REAL)
	@AGENT=$(AGENT) tests/tools/run-suites $(REAL) $(SCRIPTS)

# The tests that heed SOAK; T=test_kill runs one, SOAK=9 other than 2000 cases, SEED=7 from case 7 on.
SOAKED := $(patsubst %.c,$(OUT)/%,$(shell grep -ls '"SOAK"' tests/integration/*.c))
soak: packages-build+services
	@+$(MAKE) --no-print-directory -s $(AGENT) $(SOAKED)
	@VERBOSE=1 SOAK=$(or $(SOAK),2000) AGENT=$(AGENT) tests/tools/run-suites \
	  $(if $(T),$(filter %/$(T),$(SOAKED)),$(SOAKED))

BENCH := $(patsubst %.c,$(OUT)/%,$(wildcard tests/bench/*.c))
BENCH_SUPPORT := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/bench/support/*.c))
$(BENCH): $(OUT)/%: $(OUT)/%.o $(BENCH_SUPPORT) $(SUPPORT) $(LIBRARY)
	$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

BENCHES := $(BENCH) $(wildcard tests/bench/*.sh)
# Each prints its figures beside a baseline of the same run; B=redis or B="x y" runs only those, and
# ROWS=1000000 makes the big table smaller. All share one server, and what one of them has loaded.
bench: packages-build+services
	@+$(MAKE) --no-print-directory -s $(AGENT) $(BENCH)
	@AGENT=$(AGENT) POSTGRES_OPTIONS="$$(cat tests/bench/postgres.options)" \
	  tests/support/with-services sh -ec 'for bench do echo "== $$bench"; "$$bench"; done' bench \
	  $(if $(B),$(filter $(foreach b,$(B),%/$b %/$b.sh),$(BENCHES)),$(BENCHES))

C_FILES := $(shell git ls-files '*.c' '*.h' 2>/dev/null || find agent metrics tests -name '*.[ch]')
LAYERED := $(filter agent/% metrics/%,$(C_FILES))
layers:
	@tests/tools/check-layers $(LAYERED)
	@tests/tools/check-cycles $(LAYERED)

# clang-tidy 14 confuses the va_lists of files that share one call, so each has its own.
lint: packages-build+services+lint layers
	@echo "clang-format"; clang-format --dry-run --Werror $(C_FILES)
	@echo "clang-tidy"; printf '%s\n' $(filter %.c,$(LAYERED)) | xargs -n 1 -P 2 sh -c \
	  'exec clang-tidy --quiet "$$1" -- $(subst ','\'',$(BASE_CFLAGS)) 2>/dev/null' tidy
	@echo "cppcheck"; cppcheck --quiet --enable=warning,style,performance,portability \
	  --inline-suppr -j 2 --std=c11 --library=posix --error-exitcode=1 -I. agent metrics
	@echo "gcc -fanalyzer"
	@+$(MAKE) --no-print-directory -s analyze

# gcc's own analyzer, on the release flags; objects of its own, so that nothing is rebuilt twice.
analyze: $(patsubst %.c,$(BUILD)/analyze/%.o,$(filter %.c,$(LAYERED)))
$(BUILD)/analyze/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) -O2 -fanalyzer -Werror -MMD -MP -c -o $@ $<

format:
	clang-format -i $(C_FILES)

# What tests hold against the tables of the program is rewritten; the diff is the review.
golden: $(UNIT)
	@for test in $(UNIT); do GOLDEN=write $$test >/dev/null; done; git diff --stat

# Of the page and a terminal, on a throw-away instance; look at them before they are committed.
pictures: packages-build+services+pictures
	@+$(MAKE) --no-print-directory -s $(AGENT)
	@tests/tools/pictures $(AGENT) docs

fuzz: packages-build+fuzz $(EMBEDDED).c
	@mkdir -p $(BUILD)/fuzz/$(T)
	clang $(BASE_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -o $(BUILD)/fuzz/$(T)/fuzz \
	  tests/fuzz/fuzz_$(T).c $(SOURCES) $(EMBEDDED).c $(LDLIBS)
	$(BUILD)/fuzz/$(T)/fuzz -max_total_time=$(or $(SECONDS),60) $(BUILD)/fuzz/$(T) tests/fuzz/corpus/$(T)

clean:
	rm -rf $(BUILD)

# How it is installed and packaged: a file for each way.
include $(wildcard packaging/*.mk)

-include $(wildcard $(OUT)/*/*.d $(OUT)/*/*/*.d $(OUT)/*/*/*/*.d $(BUILD)/analyze/*/*.d $(BUILD)/analyze/*/*/*.d)
