# SPDX-License-Identifier: MIT
# GNU make. `make help` lists the targets and the variables.

VERSION := 0.1.0
NAME := falloctrace

ifeq ($(origin CC),default)
CC := gcc
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
ifeq ($(SANITIZE),1)
O ?= build/asan
else
O ?= build
endif

PACKAGES := libtracefs libtraceevent libcap libzstd zlib
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

ifeq ($(SANITIZE),1)
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
CFLAGS_ALL := -std=gnu11 $(WARNINGS) $(HARDEN) -fPIE $(CFLAGS)
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

# Those of the replays use our reader and writer.
REPLAY_TOOLS := $(patsubst %.c,$(O)/%,$(wildcard tests/replay/*.c))

OBJECTS := $(MAIN_OBJECT) $(LIBRARY_OBJECTS) $(UNIT_HELPERS) $(addsuffix .o,$(UNIT_TESTS) $(TOOLS) $(REPLAY_TOOLS))

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

$(LIBRARY): $(LIBRARY_OBJECTS) $(O)/objects
	$(say) AR $@
	$(Q)rm -f $@.new && $(AR) rcs $@.new $(LIBRARY_OBJECTS) && mv -f $@.new $@

$(UNIT_TESTS): %: %.o $(UNIT_HELPERS) $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(UNIT_HELPERS) $(LIBRARY) $(PACKAGE_LIBS) $(TEST_LIBS)

$(TOOLS): %: %.o $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(LIBRARY) $(PACKAGE_LIBS) -pthread

$(REPLAY_TOOLS): %: %.o $(LIBRARY)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(LIBRARY) $(PACKAGE_LIBS)

$(O)/tests/%.o: tests/%.c $(O)/flags | packages test-packages
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS_ALL) $(TEST_CFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(O)/%.o: %.c $(O)/flags | packages
	$(say) CC $<
	$(Q)mkdir -p $(@D) && $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

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

-include $(OBJECTS:.o=.d)

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

.PHONY: tests check check-unit check-replay check-live check-lint
tests: $(UNIT_TESTS) $(TOOLS) $(REPLAY_TOOLS)

check:
	+@$(CHECK_ENV) tests/check

check-unit: $(UNIT_TESTS)
	@$(CHECK_ENV) tests/run $(RUN) $(UNIT_TESTS)

check-replay: $(PROGRAM) $(REPLAY_TOOLS)
	@$(CHECK_ENV) tests/run $(RUN) $(call tests-in,tests/replay)

check-live: $(PROGRAM) $(TOOLS)
	@$(CHECK_ENV) tests/run $(RUN) -j 2 $(call tests-in,tests/live)

check-lint:
	@$(CHECK_ENV) tests/run $(RUN) $(call tests-in,tests/lint)

# As check-lint wants it.
.PHONY: format
format:
	find include src tests -name '*.[ch]' -exec $$(command -v clang-format-14 || echo clang-format) -i {} +

.PHONY: bench demo deps
bench: $(PROGRAM) $(TOOLS)
	@$(CHECK_ENV) tests/bench/run

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
	@echo 'make check        everything below, built by gcc and by clang, unit tests under sanitizers as well'
	@echo 'make check-unit   unit tests'
	@echo 'make check-replay replays of recorded traces'
	@echo 'make check-live   real kernels in virtual machines'
	@echo 'make check-lint   formatting, static analysis, scripts, documentation'
	@echo 'make format       has clang-format lay out the sources'
	@echo 'make bench        what tracing costs'
	@echo 'make demo         a small workload traced live, recorded and replayed'
	@echo 'make deps         install what building and testing needs (contrib/deps)'
	@echo 'make install      PREFIX=$(PREFIX) DESTDIR=$(DESTDIR); make uninstall undoes it'
	@echo 'make clean        make distclean drops the kernels of the virtual machine as well'
	@echo
	@echo 'V=1 shows commands; CC=clang; SANITIZE=1 builds with ASan and UBSan into build/asan;'
	@echo 'WERROR=0 leaves warnings be; O=DIR builds elsewhere; CFLAGS, CPPFLAGS, LDFLAGS are added.'
