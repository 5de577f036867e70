# Anchorite: offline CA ceremonies.  `make help` says what can be made.
VERSION = 0.1.0
BUILD   = build$(if $(SAN),/san)$(if $(COV),/cov)
SHARED  ?= ../shared# folder of published test vectors, if there is one
PREFIX  ?= /usr/local
PACKAGES = build-essential pkg-config libseccomp-dev libssl-dev openssl \
	libp11-dev libp11-kit-dev libjansson-dev libyaml-dev libsqlite3-dev \
	libcmocka-dev softhsm2 gnutls-bin jq sqlite3 expect \
	opensc opensc-pkcs11 libpcsclite-dev pcscd vsmartcard-vpcd iproute2 \
	e2fsprogs \
	zlib1g-dev libzbar-dev libpng-dev libjpeg-dev libqrencode-dev zbar-tools \
	qrencode librsvg2-bin
LINTERS  = clang-format cppcheck mandoc shellcheck
FUZZERS  = clang libclang-rt-14-dev
# what shapes the image comes from its own lock; nothing else is needed
IMAGE_PACKAGES = git
# to start it without hardware, and to make its media without mounting them
BOOT_PACKAGES = qemu-system-x86 ovmf xorriso dosfstools exfatprogs mtools \
	sleuthkit console-setup-linux cpio zstd busybox-static

# ---- flags -----------------------------------------------------------------
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wformat=2 -Wconversion \
	-Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wundef \
	-Wimplicit-fallthrough -Werror
# sections: a program holds the functions it calls and no others
HARDEN = -ffunction-sections -fdata-sections -fPIE -fcf-protection \
	-fstack-protector-strong -fstack-clash-protection \
	$(if $(SAN)$(COV),,-D_FORTIFY_SOURCE=2)
SANITIZE_1 = -fsanitize=address -fsanitize=undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
SANITIZE = $(SANITIZE_$(if $(SAN),1)) $(if $(COV),--coverage)
CFLAGS  ?= $(if $(COV),-O0,-O2) -g
# no fused multiply-add: both ends of a QR stream must round alike
ALL_CFLAGS = -std=c11 -ffp-contract=off -D_GNU_SOURCE \
	-DOPENSSL_SUPPRESS_DEPRECATED -I. -DANCHORITE_VERSION='"$(VERSION)"' $(WARN) $(HARDEN) $(SANITIZE) \
	$(CFLAGS) -MMD -MP $(PKG_CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed \
	-Wl,--gc-sections \
	$(SANITIZE) $(LDFLAGS)
# asked once, and only after `deps` has run
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags libcrypto \
	libseccomp libp11 p11-kit-1 jansson yaml-0.1 sqlite3 cmocka libpcsclite \
	libpng libjpeg))$(PKG_CFLAGS)

# ---- what there is -----------------------------------------------------------
LIBS     = ca smartcard transfer quorum record process qr menu
SRC_ca        := $(wildcard ca/*.c)
SRC_smartcard := $(wildcard smartcard/*.c)
SRC_transfer  := $(wildcard transfer/*.c)
SRC_quorum    := $(wildcard ceremony/quorum/*.c)
SRC_qr        := $(wildcard ceremony/qr/*.c)
SRC_menu      := $(wildcard ceremony/menu/*.c)
SRC_record    := $(wildcard ceremony/record/*.c)
SRC_process   := $(filter-out %_main.c,$(wildcard ceremony/process/*.c))
# the first process of the bootable image; nothing else of the tree is in it
SRC_init      := $(filter-out %/init.c,$(wildcard ceremony/image/init/*.c))
INIT          = $(BUILD)/image/anchorite-init
SRC_anchorite         := $(wildcard ceremony/custodian/*.c)
SRC_anchorite-audit   := $(wildcard ceremony/auditor/*.c)
SRC_anchorite-factory := $(wildcard ceremony/factory/*.c)
SRC_anchorite-reader  := $(wildcard ceremony/process/reader*_main.c)
SRC_anchorite-signer  := $(wildcard ceremony/process/signer*_main.c)
SRC_anchorite-media   := $(wildcard ceremony/process/media*_main.c)
BIN      = anchorite anchorite-audit anchorite-factory
LIBEXEC  = anchorite-reader anchorite-signer anchorite-media
# archives in the order they need each other, and the libraries of each program
ARCHIVES = $(patsubst %,$(BUILD)/lib/lib%.a,menu qr process record quorum smartcard \
	transfer ca)
CELL = -lseccomp# each program enters one
# zbar as an archive: the shared one brings X11 and D-Bus along
PICTURES = -l:libzbar.a -lpng -ljpeg -lz -lm
NEED_anchorite         = -ljansson -lsqlite3 -lqrencode -lpng -lz -lcrypto
NEED_anchorite-audit   = -ljansson -lsqlite3 -lyaml -lcrypto
NEED_anchorite-factory = -ljansson -lsqlite3 -lqrencode -lpng -lz -lcrypto
NEED_anchorite-reader  = -ljansson -lyaml $(PICTURES) -lcrypto
NEED_anchorite-signer  = -Wl,--export-dynamic-symbol=g_application_new -lp11 -lcrypto -ldl
NEED_anchorite-media   = -lcrypto
NEED_test = $(CELL) -lcmocka -ljansson -lsqlite3 -lyaml -lp11 $(PICTURES) -lqrencode \
	-lcrypto -ldl

TEST_SRC := $(shell find tests -name 'test_*.c' 2>/dev/null)
TOOL_SRC := $(shell find tests -name 'tool_*.c' 2>/dev/null)
MODULE_SRC := $(shell find tests -name 'module_*.c' 2>/dev/null)
BENCH_SRC := $(shell find tests -name 'bench_*.c' 2>/dev/null)
FUZZ_SRC := $(shell find tests/fuzz -name 'fuzz_*.c' 2>/dev/null)
BENCH_SH := $(sort $(shell find tests -name 'bench_*.sh' 2>/dev/null))
TEST_SH  := $(sort $(shell find tests -name 'test_*.sh' 2>/dev/null))
TESTS    = $(TEST_SRC:%.c=$(BUILD)/%)
TOOLS    = $(TOOL_SRC:%.c=$(BUILD)/%)
MODULES  = $(MODULE_SRC:%.c=$(BUILD)/%.so)
PROGRAMS = $(BIN:%=$(BUILD)/bin/%) $(LIBEXEC:%=$(BUILD)/libexec/anchorite/%)
CHECKS   = $(addprefix check-,layers headers links format man cppcheck shell)
SOURCES  := $(shell find ca smartcard transfer ceremony tests -name '*.[ch]')

# ---- targets -----------------------------------------------------------------
.DELETE_ON_ERROR:
.PHONY: all check crash demo bench fuzz coverage covered lint lint-deps deps \
	install uninstall clean help image image-packages image-lock image-check \
	image-test image-try check-image \
	$(CHECKS)
.SECONDARY:

all: $(PROGRAMS) $(INIT) ## build the programs into build/

check: all $(TESTS) $(TOOLS) $(MODULES) check-image ## build and run every test
	@BUILD=$(abspath $(BUILD)) SHARED=$(abspath $(SHARED)) \
	    sh tests/run.sh $(TESTS) $(TEST_SH)

crash: all $(TOOLS) $(MODULES) ## cut the power at every point and go on
	@BUILD=$(abspath $(BUILD)) sh tests/crash/crash.sh
	@CARDS=virtual BUILD=$(abspath $(BUILD)) sh tests/crash/crash.sh

demo: all $(TOOLS) ## rehearse a whole product PKI on SoftHSM, or CARDS=virtual
	@BUILD=$(abspath $(BUILD)) sh tests/demo/demo.sh

bench: all $(TOOLS) $(BENCH_SRC:%.c=$(BUILD)/%) ## measure; asserts nothing
	@mkdir -p $(BUILD)/bench
	@for b in $(BENCH_SRC:%.c=$(BUILD)/%); do BUILD=$(abspath $(BUILD)) $$b \
	    | tee $(BUILD)/bench/$${b##*/}.txt; done
	@for s in $(BENCH_SH); do BUILD=$(abspath $(BUILD)) sh $$s; done

fuzz: $(BUILD)/.deps ## run every fuzz target, SECONDS_EACH=60 (libFuzzer)
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(FUZZERS)
	@sh tests/fuzz/run.sh $(FUZZ_SRC)

coverage: ## how many lines of transfer/ its tests run, file by file
	@$(MAKE) --no-print-directory COV=1 covered
covered: $(filter $(BUILD)/tests/transfer/%,$(TESTS))
	@BUILD=$(abspath $(BUILD)) SHARED=$(abspath $(SHARED)) \
	    sh tests/coverage.sh transfer $^

lint: lint-deps $(CHECKS) ## every static check

deps: $(BUILD)/.deps ## install missing Debian packages (NO_DEPS=1: never)

IMAGE_CACHE ?= build/image/cache# packages by digest, kept
IMAGE = build/anchorite-$(VERSION)-amd64
RECIPE = ceremony/image
BOOTING = bios uefi inside camera wiped# tests that start it
image: image-packages ## build the bootable image, FROM=folder: from those packages
	@rm -rf build/image/source
	@sh $(RECIPE)/source.sh . build/image/source
	@sh $(RECIPE)/image.sh build/image/source build/image/work \
	    $(IMAGE_CACHE) $(IMAGE)
check-image: | $(BUILD)/.deps ## the image for `make check`, where its packages can be had
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(IMAGE_PACKAGES) $(BOOT_PACKAGES)
	@[ -n "$(NO_IMAGE)$(SAN)$(COV)" ] || sh tests/ceremony/image/make.sh \
	    $(RECIPE) $(IMAGE_CACHE) $(IMAGE) "$(MAKE)"
image-packages: ## fetch the packages of the lock, TO=folder: copy them there
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(IMAGE_PACKAGES)
	@sh $(RECIPE)/fetch.sh $(RECIPE)/packages.lock $(IMAGE_CACHE) $(FROM)
	@[ -z "$(TO)" ] || sh $(RECIPE)/publish.sh $(RECIPE)/packages.lock \
	    $(IMAGE_CACHE) $(TO)
image-lock: ## renew the list of packages from the mirrors that apt knows
	@sh $(RECIPE)/lock.sh $(RECIPE)/packages $(RECIPE)/packages.lock
image-test: all $(TOOLS) ## start the image in QEMU, look inside, hold ceremonies
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(BOOT_PACKAGES)
	@BUILD=$(abspath $(BUILD)) sh tests/run.sh \
	    $(BOOTING:%=tests/ceremony/image/test_%.sh)
	@cat $(BUILD)/image/screens/*/times.txt
image-try: all $(TOOLS) ## the image without hardware, FIRMWARE=bios or uefi
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(BOOT_PACKAGES)
	@BUILD=$(abspath $(BUILD)) sh tests/ceremony/image/try.sh $(FIRMWARE)
image-check: image-packages ## build the image twice, in different ways, and compare
	@sh $(RECIPE)/check.sh . $(IMAGE_CACHE) build/image/check

install: all ## install below PREFIX (default /usr/local), DESTDIR honoured
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/anchorite
	install $(BIN:%=$(BUILD)/bin/%) $(DESTDIR)$(PREFIX)/bin
	install $(LIBEXEC:%=$(BUILD)/libexec/anchorite/%) \
	    $(DESTDIR)$(PREFIX)/libexec/anchorite
	for s in 1 5; do d=$(DESTDIR)$(PREFIX)/share/man/man$$s; install -d $$d; \
	    for m in docs/*.$$s; do [ ! -e $$m ] || install -m 644 $$m $$d; done; done

uninstall: ## remove what install put there
	rm -f $(BIN:%=$(DESTDIR)$(PREFIX)/bin/%)
	rm -rf $(DESTDIR)$(PREFIX)/libexec/anchorite
	for m in docs/*.[15]; do rm -f \
	    $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done

clean: ## remove build/
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 16

# ---- rules -------------------------------------------------------------------
$(BUILD)/.deps:
	@mkdir -p $(@D)
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(PACKAGES)
	@touch $@

lint-deps: $(BUILD)/.deps
	@[ -n "$(NO_DEPS)" ] || sh tests/deps.sh $(LINTERS)

$(BUILD)/obj/%.o: %.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(if $(V),,@echo CC $<; )$(CC) $(ALL_CFLAGS) -c -o $@ $<

define ARCHIVE
$(BUILD)/lib/lib$(1).a: $(SRC_$(1):%.c=$(BUILD)/obj/%.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcsD $$@ $$^
endef
$(foreach l,$(LIBS) init,$(eval $(call ARCHIVE,$(l))))

define PROGRAM
$(2)/$(1): $(SRC_$(1):%.c=$(BUILD)/obj/%.o) $(ARCHIVES)
	@mkdir -p $$(@D)
	$(if $(V),,@echo LD $$@; )$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $(NEED_$(1)) $(CELL)
endef
$(foreach p,$(BIN),$(eval $(call PROGRAM,$(p),$(BUILD)/bin)))
$(foreach p,$(LIBEXEC),$(eval $(call PROGRAM,$(p),$(BUILD)/libexec/anchorite)))

$(INIT): $(BUILD)/obj/ceremony/image/init/init.o $(BUILD)/lib/libinit.a
	@mkdir -p $(@D)
	$(if $(V),,@echo LD $@; )$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CELL)

# factory and auditor sources without their main serve the unit tests too
TEST_OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %/main.c, \
	$(SRC_anchorite-factory)))
$(BUILD)/tests/ceremony/factory/%: $(BUILD)/obj/tests/ceremony/factory/%.o \
	$(TEST_OBJ) $(ARCHIVES)
	@mkdir -p $(@D)
	$(if $(V),,@echo LD $@; )$(CC) $(ALL_LDFLAGS) -o $@ $^ $(NEED_test)
# so does the virtual card; as a module it is loaded by programs of others
CARD_SRC := $(wildcard tests/card/card*.c)
$(BUILD)/tests/card/%.so: tests/card/%.c $(CARD_SRC) \
	$(wildcard tests/card/card*.h) | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(if $(V),,@echo LD $@; )$(CC) $(filter-out $(SANITIZE) -MMD -MP, \
	    $(ALL_CFLAGS)) -fPIC -shared -o $@ $(filter %.c,$^) -lcrypto
$(filter $(BUILD)/tests/card/%,$(TESTS) $(TOOLS)): $(BUILD)/tests/card/%: \
	$(BUILD)/obj/tests/card/%.o $(CARD_SRC:%.c=$(BUILD)/obj/%.o) $(ARCHIVES)
	@mkdir -p $(@D)
	$(if $(V),,@echo LD $@; )$(CC) $(ALL_LDFLAGS) -o $@ $^ $(NEED_test)
$(BUILD)/tests/%.so: tests/%.c | $(BUILD)/.deps
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -fPIC -shared -o $@ $<
# those of the image: its first process, and who sits before a guest
VM_OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/ceremony/image/vm_*.c))
$(filter $(BUILD)/tests/ceremony/image/%,$(TESTS) $(TOOLS)): \
	$(BUILD)/tests/ceremony/image/%: \
	$(BUILD)/obj/tests/ceremony/image/%.o $(VM_OBJ) \
	$(BUILD)/lib/libinit.a $(ARCHIVES)
	@mkdir -p $(@D)
	$(if $(V),,@echo LD $@; )$(CC) $(ALL_LDFLAGS) -o $@ $^ $(NEED_test)
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(if $(V),,@echo LD $@; )$(CC) $(ALL_LDFLAGS) -o $@ $^ $(NEED_test)

check-layers: ## includes run one way only
	@sh tests/lint/layers.sh
check-headers: | $(BUILD)/.deps ## each header compiles alone
	@for h in $(filter %.h,$(SOURCES)); do \
	    echo "#include \"$$h\"" | $(CC) $(ALL_CFLAGS) -MF /dev/null \
	    -Wno-unused-macros -fsyntax-only -x c - || exit 1; done
check-links: $(PROGRAMS) $(INIT) ## each program links only what it may
	@BUILD=$(BUILD) sh tests/lint/links.sh
check-format: ## clang-format finds nothing to change
	@clang-format --dry-run -Werror $(SOURCES)
check-man: ## mandoc finds nothing, every option is documented
	@sh tests/lint/man.sh
check-cppcheck: ## cppcheck finds nothing
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -I. \
	    --enable=warning,performance,portability --suppress=missingInclude \
	    --suppress=missingIncludeSystem -j2 ca smartcard transfer ceremony
check-shell: ## shellcheck finds nothing
	@shellcheck -s sh $$(find tests ceremony .ci -name '*.sh') .ci/run

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)
