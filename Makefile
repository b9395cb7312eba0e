# SPDX-License-Identifier: MIT
# GNU make. `make help` lists the targets and the variables.

VERSION := 0.1.0
NAME := falloctrace

# FUZZ=1 builds for libFuzzer, which is clang's.
ifeq ($(origin CC),default)
CC := $(if $(filter 1,$(FUZZ)),clang,gcc)
endif
AR ?= ar
PKG_CONFIG ?= pkg-config
INSTALL ?= install

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

# Where everything made goes: the sanitizer build has a place of its own, so
# that going back and forth costs nothing.
ifeq ($(FUZZ),1)
O ?= build/fuzz
else ifeq ($(SANITIZE),1)
O ?= build/asan
else
O ?= build
endif

PACKAGES := libtracefs libtraceevent libcap libzstd zlib ncursesw
TEST_PACKAGES := cmocka

# --- what the compiler gets -------------------------------------------------

# $(call cc-option,FLAG): FLAG, if the compiler knows it
cc-option = $(shell $(CC) -Werror $(1) -c -x c -o /dev/null /dev/null 2>/dev/null && echo $(1))

WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes \
	-Wwrite-strings -Wformat=2 -Wvla -Wundef -Wcast-qual
ifneq ($(WERROR),0)
WARNINGS += -Werror
endif

# Targets that compile nothing need neither compiler nor packages.
ifneq ($(filter-out clean distclean help uninstall deps format,$(or $(MAKECMDGOALS),all)),)

ifeq ($(FUZZ),1)
HARDEN := -w -O2 -fno-omit-frame-pointer -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
HARDEN_LD := -fsanitize=address,undefined
else ifeq ($(SANITIZE),1)
# -w: instrumented code makes gcc warn of what is not there, and the other builds warn of the rest.
HARDEN := -w -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HARDEN_LD := -fsanitize=address,undefined
else
HARDEN := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	$(call cc-option,-fstack-clash-protection) $(call cc-option,-fcf-protection)
HARDEN_LD := -Wl,-z,relro,-z,now
endif

package-flags = $(patsubst -I%,-isystem %,$(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null))
HAVE_PACKAGES := $(shell $(PKG_CONFIG) --exists $(PACKAGES) 2>/dev/null && echo yes)
HAVE_TEST_PACKAGES := $(shell $(PKG_CONFIG) --exists $(TEST_PACKAGES) 2>/dev/null && echo yes)
missing = $(strip $(foreach p,$(1),$(if $(shell $(PKG_CONFIG) --exists $(p) 2>/dev/null && echo yes),,$(p))))
PACKAGE_CFLAGS := $(call package-flags,$(PACKAGES))
PACKAGE_LIBS := $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null)
TEST_CFLAGS := $(call package-flags,$(TEST_PACKAGES))
TEST_LIBS := $(shell $(PKG_CONFIG) --libs $(TEST_PACKAGES) 2>/dev/null)

endif

CFLAGS ?= -g
CPPFLAGS_ALL := -Iinclude -Isrc -D_GNU_SOURCE= -DVERSION='"$(VERSION)"' $(PACKAGE_CFLAGS) $(CPPFLAGS)
CFLAGS_ALL := -std=gnu11 -pthread $(WARNINGS) $(HARDEN) -fPIE $(CFLAGS)
# --as-needed: the tests' small tools go into guests with every library they name.
LDFLAGS_ALL := -pie -Wl,--as-needed $(HARDEN_LD) $(LDFLAGS)

# --- what is made of what ---------------------------------------------------

# The sources of a folder and of the folders in it.
sources = $(sort $(shell find $(1) -name '*.c' 2>/dev/null))

PROGRAM := $(O)/$(NAME)
LIBRARY := $(O)/lib$(NAME).a
MAIN_OBJECT := $(O)/src/main.o
LIBRARY_OBJECTS := $(patsubst %.c,$(O)/%.o,$(filter-out src/main.c,$(call sources,src)))

# tests/unit/test_X.c is a program each; other files there are linked with all of them.
UNIT_SOURCES := $(call sources,tests/unit)
UNIT_MAINS := $(filter tests/unit/test_%.c,$(UNIT_SOURCES))
UNIT_TESTS := $(patsubst %.c,$(O)/%,$(UNIT_MAINS))
UNIT_HELPERS := $(patsubst %.c,$(O)/%.o,$(filter-out $(UNIT_MAINS),$(UNIT_SOURCES)))

# Programs that the tests in guests and benchmarks need: one a file.
TOOL_SOURCES := $(wildcard tests/live/*.c tests/bench/*.c)
TOOLS := $(patsubst %.c,$(O)/%,$(TOOL_SOURCES))
# What make_trace has beside its main file.
TRACE_PARTS := $(patsubst %.c,$(O)/%.o,$(wildcard tests/bench/trace/*.c))

# Those of the replays use our reader and writer.
REPLAY_TOOLS := $(patsubst %.c,$(O)/%,$(wildcard tests/replay/*.c))

# tests/fuzz/fuzz_X.c is a target each, make_seeds.c makes what they begin with; the others but standalone.c are linked
# with all of them.
FUZZ_TARGETS := $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SEEDER := $(O)/tests/fuzz/make_seeds
FUZZ_MAIN := $(O)/tests/fuzz/standalone.o
FUZZ_HELPERS := $(filter-out $(FUZZ_MAIN) $(addsuffix .o,$(FUZZ_TARGETS) $(FUZZ_SEEDER)), \
	$(patsubst %.c,$(O)/%.o,$(wildcard tests/fuzz/*.c)))

OBJECTS := $(MAIN_OBJECT) $(LIBRARY_OBJECTS) $(UNIT_HELPERS) $(addsuffix .o,$(UNIT_TESTS) $(TOOLS) $(REPLAY_TOOLS)) \
	$(TRACE_PARTS) \
	$(addsuffix .o,$(FUZZ_TARGETS) $(FUZZ_SEEDER)) $(FUZZ_HELPERS) $(FUZZ_MAIN)

ifeq ($(V),1)
Q :=
say := @:
else
Q := @
say := @$(if $(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-4s %s\n')
MAKEFLAGS += --no-print-directory
endif

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:

.PHONY: all
all: $(PROGRAM)

$(PROGRAM): $(MAIN_OBJECT) $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(MAIN_OBJECT) $(LIBRARY) $(PACKAGE_LIBS)

# One file that needs no library, nor any particular version of the C library. What the C library would load at run
# time all the same is done otherwise by the sources that know of STATIC_LINK: they are compiled once more, and come
# before the archive that has them, too.
STATIC_PROGRAM := $(O)/$(NAME)-static
STATIC_OBJECTS := $(patsubst %.c,$(O)/static/%.o,$(shell grep -rlw --include='*.c' STATIC_LINK src))
STATIC_LIBS = $(shell $(PKG_CONFIG) --static --libs $(PACKAGES) 2>/dev/null)
# The C compiler names an archive's path where it has it, and else just says the name again.
no-archive = $(strip $(foreach l,$(sort $(patsubst -l%,lib%.a,$(filter -l%,$(STATIC_LIBS)))), \
	$(if $(filter $(l),$(shell $(CC) -print-file-name=$(l))),$(l))))

.PHONY: static
static: $(STATIC_PROGRAM)

$(STATIC_PROGRAM): $(MAIN_OBJECT) $(STATIC_OBJECTS) $(LIBRARY)
	$(Q)test -z '$(no-archive)' || { echo "$@: this system has no $(no-archive); Debian and Ubuntu have them all" >&2; \
		exit 1; }
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(filter-out -pie,$(LDFLAGS_ALL)) -static-pie -Wl,--fatal-warnings,--wrap=dlopen -s -o $@ $^ $(STATIC_LIBS)

$(O)/static/%.o: %.c $(O)/flags | packages
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(EXTRA) -DSTATIC_LINK -MMD -MP -c -o $@ $<

$(LIBRARY): $(LIBRARY_OBJECTS) $(O)/objects
	$(say) AR $@
	$(Q)rm -f $@.new && $(AR) rcs $@.new $(LIBRARY_OBJECTS) && mv -f $@.new $@

$(UNIT_TESTS): %: %.o $(UNIT_HELPERS) $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(UNIT_HELPERS) $(LIBRARY) $(PACKAGE_LIBS) $(TEST_LIBS)

$(O)/tests/bench/make_trace: $(TRACE_PARTS)
$(TOOLS): %: %.o $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIBRARY) $(PACKAGE_LIBS)

$(REPLAY_TOOLS): %: %.o $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(LIBRARY) $(PACKAGE_LIBS)

$(FUZZ_TARGETS): %: %.o $(FUZZ_HELPERS) $(if $(filter 1,$(FUZZ)),,$(FUZZ_MAIN)) $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(if $(filter 1,$(FUZZ)),-fsanitize=fuzzer) -o $@ $(filter %.o,$^) $(LIBRARY) \
		$(PACKAGE_LIBS)

$(FUZZ_SEEDER): %: %.o $(filter-out %/mutate.o,$(FUZZ_HELPERS)) $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(LIBRARY) $(PACKAGE_LIBS)

# These look at each byte: what they cost is not spent on fuzzing.
$(O)/tests/fuzz/watch.o $(O)/tests/fuzz/mutate.o: EXTRA := $(if $(filter 1,$(FUZZ)),-fno-sanitize=all -O2)

$(O)/tests/%.o: tests/%.c $(O)/flags | packages test-packages
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS_ALL) $(EXTRA) -MMD -MP -c -o $@ $<

$(O)/%.o: %.c $(O)/flags | packages
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(EXTRA) -MMD -MP -c -o $@ $<

# The assembler puts these files into it, of which the compiler knows nothing.
$(O)/src/output/html/asset.o: $(wildcard src/output/html/*.css src/output/html/*.js)
# What optimises at linking would not find them.
$(O)/src/output/html/asset.o: EXTRA := -fno-lto

# Files that change only when what they hold changes: other flags or another compiler make
# everything again, a source added or gone makes the library again.
$(O)/flags: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' '$(subst ','\'',$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL))' >$@.new
	$(Q)if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi
$(O)/objects: FORCE
	$(Q)mkdir -p $(@D)
	$(Q)printf '%s\n' $(LIBRARY_OBJECTS) >$@.new
	$(Q)if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi
.PHONY: FORCE
FORCE:

-include $(OBJECTS:.o=.d) $(STATIC_OBJECTS:.o=.d)

.PHONY: packages test-packages
packages:
ifneq ($(HAVE_PACKAGES),yes)
	$(error $(NAME) is built with $(call missing,$(PACKAGES)), not found here: run contrib/deps)
endif
test-packages:
ifneq ($(HAVE_TEST_PACKAGES),yes)
	$(error the tests are built with $(call missing,$(TEST_PACKAGES)), not found here: run contrib/deps)
endif

# --- tests --------------------------------------------------------------------

# See tests/run for what a test is and what a run prints; each of these ends in one line of totals.
# RUN: options for it.
RUN ?=
CHECK_ENV = MAKE='$(MAKE)' BUILD='$(O)' FALLOCTRACE='$(abspath $(PROGRAM))'
tests-in = $(foreach f,$(wildcard $(1)/*),$(shell test -f $(f) && test -x $(f) && echo $(f)))

.PHONY: tests check check-unit check-replay check-live check-lint check-fuzz fuzz fuzz-targets fuzz-seeds
tests: $(UNIT_TESTS) $(TOOLS) $(REPLAY_TOOLS)

check:
	+@$(CHECK_ENV) tests/check

check-unit: $(UNIT_TESTS)
	@$(CHECK_ENV) tests/run $(RUN) -j 2 $(UNIT_TESTS)

check-replay: $(PROGRAM) $(REPLAY_TOOLS) $(O)/tests/bench/make_trace
	@$(CHECK_ENV) tests/run $(RUN) -j 2 $(call tests-in,tests/replay)

check-live: $(PROGRAM) $(STATIC_PROGRAM) $(TOOLS)
	@$(CHECK_ENV) tests/run $(RUN) -j 2 $(call tests-in,tests/live)

# Every call in turn, in every way that makes sense: hours. check-live has a part of it, another one each day.
.PHONY: faults
faults: $(PROGRAM)
	+@$(MAKE) SANITIZE=1 O=$(O)/asan $(O)/asan/$(NAME)
	@$(CHECK_ENV) FAULTS=full SANITIZED='$(abspath $(O))/asan/$(NAME)' tests/run $(RUN) -t 72000 \
		tests/live/faults-host tests/live/faults-own tests/live/faults-calls-own

check-lint:
	@$(CHECK_ENV) tests/run $(RUN) $(call tests-in,tests/lint)

# Seconds of each kind of load.
LOAD_SECONDS ?= 180
.PHONY: load
load: $(PROGRAM)
	@$(CHECK_ENV) LOAD_SECONDS='$(LOAD_SECONDS)' tests/run -t $$(($(LOAD_SECONDS) * 20 + 1200)) $(RUN) tests/live/load-own

# Seconds; the order of things is SOAK_SEED's. As a test among others it takes a minute and a half.
SOAK_TIME ?= 3600
SOAK_SEED ?= 1
.PHONY: soak
soak: $(PROGRAM)
	@$(CHECK_ENV) SOAK_TIME='$(SOAK_TIME)' SOAK_SEED='$(SOAK_SEED)' tests/run -t $$(($(SOAK_TIME) * 3 + 600)) $(RUN) tests/live/soak-own

# Fuzz targets over what is known: gcc's ASan and UBSan, then clang's, with libFuzzer. SANITIZE=1 or FUZZ=1: one alone.
fuzz-targets: $(FUZZ_TARGETS) $(FUZZ_SEEDER)
fuzz-seeds: fuzz-targets
	@$(CHECK_ENV) tests/fuzz/seeds
OVER_CORPUS = $(foreach t,$(FUZZ_TARGETS),'$(notdir $(t))=tests/fuzz/over-corpus $(t)')
ifeq ($(FUZZ),1)
HAVE_FUZZER := $(shell echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
	$(CC) -fsanitize=fuzzer,address -x c -o /dev/null - 2>/dev/null && echo yes)
check-fuzz: $(if $(HAVE_FUZZER),fuzz-seeds)
	@$(CHECK_ENV) tests/run $(RUN) $(if $(HAVE_FUZZER),$(OVER_CORPUS),libfuzzer=tests/fuzz/over-corpus)
else ifeq ($(SANITIZE),1)
check-fuzz: fuzz-seeds
	@$(CHECK_ENV) tests/run $(RUN) $(OVER_CORPUS)
else
check-fuzz:
	+@$(MAKE) SANITIZE=1 O=$(O)/asan check-fuzz
	+@$(MAKE) FUZZ=1 CC=clang O=$(O)/fuzz check-fuzz
endif

# FUZZ_ONLY: some targets' names. FUZZ_TIME: seconds, FUZZ_RUNS: executions of each; 0: no end.
FUZZ_TIME ?= 600
FUZZ_RUNS ?= 0
ifeq ($(FUZZ),1)
fuzz: fuzz-seeds
	@$(CHECK_ENV) FUZZ_TIME='$(FUZZ_TIME)' FUZZ_RUNS='$(FUZZ_RUNS)' tests/fuzz/run $(FUZZ_ONLY)
else
fuzz:
	+@$(MAKE) FUZZ=1 CC=clang O=$(O)/fuzz fuzz
endif

# As check-lint wants it.
.PHONY: format
format:
	find include src tests -name '*.[ch]' -exec $$(command -v clang-format-14 || echo clang-format) -i {} +

.PHONY: bench bench-replay bench-sinks demo deps
bench: $(PROGRAM) $(TOOLS)
	@$(CHECK_ENV) tests/bench/run
	@$(CHECK_ENV) tests/bench/related
	@$(CHECK_ENV) tests/bench/record
	@$(CHECK_ENV) tests/bench/replay
	@$(CHECK_ENV) tests/bench/sinks

bench-replay: $(PROGRAM) $(TOOLS)
	@$(CHECK_ENV) tests/bench/replay

bench-sinks: $(PROGRAM) $(TOOLS)
	@$(CHECK_ENV) tests/bench/sinks

demo:
	@contrib/deps build vm
	+@$(MAKE) all
	@$(CHECK_ENV) contrib/vm/demo

deps:
	@contrib/deps

# --- installing ----------------------------------------------------------------

INSTALLED := $(SBINDIR)/$(NAME) $(MANDIR)/man8/$(NAME).8 $(COMPLETIONDIR)/$(NAME)

.PHONY: install uninstall
install: $(PROGRAM)
	$(INSTALL) -D -m 755 $(PROGRAM) '$(DESTDIR)$(SBINDIR)/$(NAME)'
	$(INSTALL) -D -m 644 contrib/$(NAME).8 '$(DESTDIR)$(MANDIR)/man8/$(NAME).8'
	$(INSTALL) -D -m 644 contrib/completion/$(NAME).bash '$(DESTDIR)$(COMPLETIONDIR)/$(NAME)'

uninstall:
	rm -f $(foreach f,$(INSTALLED),'$(DESTDIR)$(f)')

.PHONY: clean distclean help
# Kernels and disk images of the virtual machine are kept: they took a download.
clean:
	rm -rf $(filter-out build/vm,$(wildcard build/*)) $(filter-out build,$(O))

distclean: clean
	rm -rf build

help:
	@echo 'make              build $(PROGRAM)'
	@echo 'make static       build $(STATIC_PROGRAM): one file of 3 MB that runs without any library'
	@echo 'make check        everything below, built by gcc and by clang, unit tests under sanitizers as well'
	@echo 'make check-unit   unit tests'
	@echo 'make check-replay replays of recorded traces'
	@echo 'make check-live   real kernels in virtual machines'
	@echo 'make load         stress-ng, fio and PostgreSQL at full speed in a virtual machine; LOAD_SECONDS=$(LOAD_SECONDS) of each'
	@echo 'make soak         starts, floods, kills and restarts in a virtual machine; SOAK_TIME=$(SOAK_TIME) seconds, SOAK_SEED=$(SOAK_SEED)'
	@echo 'make check-lint   formatting, static analysis, scripts, documentation'
	@echo 'make faults       has each call that each command makes fail, in each way: hours, where check-live does a part of it'
	@echo 'make check-fuzz   what reads files, over files made to harm'
	@echo 'make fuzz         looks for such files; FUZZ_TIME=$(FUZZ_TIME) seconds or FUZZ_RUNS=N executions a target, FUZZ_ONLY=NAME...'
	@echo 'make format       has clang-format lay out the sources'
	@echo 'make bench        what tracing and recording cost, and how fast recordings are replayed (alone: make bench-replay)'
	@echo '                  and what each way of showing a call costs (alone: make bench-sinks)'
	@echo 'make demo         a small workload traced live, recorded and replayed'
	@echo 'make deps         install what building and testing needs (contrib/deps)'
	@echo 'make install      PREFIX=$(PREFIX) DESTDIR=$(DESTDIR); make uninstall undoes it'
	@echo 'make clean        make distclean drops the kernels of the virtual machine as well'
	@echo
	@echo 'V=1 shows commands; CC=clang; SANITIZE=1 builds with ASan and UBSan into build/asan;'
	@echo 'WERROR=0 leaves warnings be; O=DIR builds elsewhere; CFLAGS, CPPFLAGS, LDFLAGS are added.'
