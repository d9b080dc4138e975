# sluice: build, check, demo. GPL-2.0-or-later. `make help` says what there is.

BUILD ?= build
PREFIX ?= /usr/local
PKG_CONFIG ?= pkg-config
# Where others look for what belongs to them: initramfs-tools in /etc beside its own folder, dracut in one place alone.
UNIT_DIR ?= $(PREFIX)/lib/systemd/system
INITRAMFS_DIR ?= $(if $(filter /usr,$(PREFIX)),/usr/share,/etc)/initramfs-tools
DRACUT_DIR ?= /usr/lib/dracut/modules.d

# Rooms, and the programs made of them: a program is a set of rooms. docs/architecture.md says who may call whom.
SHARED_ROOMS  := base wire
MANAGER_ROOMS := os pci iommu use sriov distro assign guest plan doctor capture picture view cli
VMM_ROOMS     := vmm-core vmm-core/pci vmm-core/boot vmm-core/device vmm-core/virtio dma passthrough vmm

sources     = $(foreach room,$(1),$(wildcard $(room)/*.c))
MANAGER_SRC := $(call sources,$(SHARED_ROOMS) $(MANAGER_ROOMS))
VMM_SRC     := $(call sources,$(SHARED_ROOMS) $(VMM_ROOMS))

MANAGER_PKGS := libpci libnl-3.0 libnl-route-3.0 jansson libfyaml expat
VMM_PKGS     := libseccomp libcap-ng liburing

quoted     = '$(subst ','\'',$(1))'
pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wformat=2
ifneq ($(WERROR),no)
WARN += -Werror
endif
HARDEN := -fPIE -fstack-protector-strong -fno-common
# What CFLAGS and CPPFLAGS say comes later on the compiler's command line, and wins.
OPTIMIZE := -O2 -g
ifeq ($(SANITIZE),yes)
OPTIMIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# Checks in between hide from gcc what bounds a value; the plain build has this warning.
WARN += -Wno-format-truncation
else ifeq ($(COVERAGE),yes)
OPTIMIZE := -O0 -g --coverage
else ifeq ($(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),)
HARDEN += -D_FORTIFY_SOURCE=2
endif
COMPILE = $(CC) -std=gnu11 -D_GNU_SOURCE -iquote . -I$(BUILD) $(OPTIMIZE) $(HARDEN) $(WARN) $(CPPFLAGS) $(CFLAGS)
LINK    = $(CC) $(OPTIMIZE) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-6s %s\n' '$(1)' '$(2)')

.PHONY: all man help deps style unit mutate bench-sriov soak check demo deb hil bench-vmm coverage install clean FORCE
all: $(BUILD)/sluice $(BUILD)/sluice-vmm man

help:
	@printf '%s\n' \
		'make            both programs, in build/, and their manual pages' \
		'make install    to PREFIX=/usr/local, below DESTDIR=' \
		'make deb        a Debian package, in build/deb' \
		'make demo       one emulated card split between two guests, shown on a real kernel' \
		'make check      style, unit tests (again under sanitizers), tests on emulated hardware' \
		'make style      what a program can check of docs/style.md' \
		'make unit       the unit tests' \
		'make mutate     do the unit tests notice deliberate bugs?' \
		'make soak       what takes hours: all deliberate bugs, those on emulated hardware too; every lie, every write' \
		'make bench-passthrough            what a VF costs a guest, beside QEMU, on an emulated host' \
		'make hil HARDWARE=FILE TESTS=...   hardware tests on this machine, on the devices that FILE names' \
		'make bench-sriov  VFs made and bound by the hundred, on a kernel that is not there' \
		'make bench-vmm  what a guest costs until its first process, beside QEMU, in the lab' \
		'make coverage   unit tests, and how many lines of each room they ran' \
		'make compile_commands.json         for clangd and other tools' \
		'make clean      remove BUILD' '' \
		'V=1 shows commands. DEPS=no installs nothing. BUILD=DIR builds elsewhere. SANITIZE=yes adds ASan and UBSan.' \
		'WERROR=no lets warnings pass. CC, CPPFLAGS, CFLAGS and LDFLAGS are honoured; a change of them rebuilds.'

# Objects depend on the flags that they were built with.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(COMPILE)) $(call quoted,$(LINK)) >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
$(call objects,$(MANAGER_SRC) $(wildcard docs/man/*.c)): PKG_CFLAGS = $(call pkg_cflags,$(MANAGER_PKGS))

$(BUILD)/sluice: $(call objects,$(MANAGER_SRC))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call pkg_libs,$(MANAGER_PKGS))

$(BUILD)/sluice-vmm: $(call objects,$(VMM_SRC))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ -pthread $(call pkg_libs,$(VMM_PKGS))

$(BUILD)/%.o: %.c Makefile $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# The static part of the guest's ACPI tables.
$(BUILD)/%.aml.h: %.asl
	$(call say,IASL,$<)
	@mkdir -p $(@D)
	$(Q)iasl -va -tc -p $(BUILD)/$* $< >$(BUILD)/$*.log || { cat $(BUILD)/$*.log; exit 1; }
	$(Q)mv $(BUILD)/$*.hex $@
$(BUILD)/vmm-core/boot/acpi.o: $(patsubst %.asl,$(BUILD)/%.aml.h,$(wildcard vmm-core/boot/*.asl))

# The texts of `sluice explain`, as rows of a C table.
$(BUILD)/cli/explain_texts.inc: $(sort $(wildcard docs/explain/*.md)) Makefile
	$(call say,AWK,$@)
	@mkdir -p $(@D)
	$(Q)awk 'FNR == 1 { if (NR > 1) print "},"; printf "{ \"%s\",\n", substr($$0, 3); next } FNR == 2 { next } \
		{ gsub(/\\/, "&&"); gsub(/"/, "\\\""); printf "\"%s\\n\"\n", $$0 } END { print "}," }' \
		$(filter %.md,$^) >$@
$(BUILD)/cli/cmd_explain.o: $(BUILD)/cli/explain_texts.inc

# The script and style of `sluice topology -o FILE.html`, as C strings, a literal for each line.
$(BUILD)/picture/%.inc: picture/% Makefile
	$(call say,AWK,$@)
	@mkdir -p $(@D)
	$(Q)awk '{ gsub(/\\/, "&&"); gsub(/"/, "\\\""); printf "\"%s\\n\"\n", $$0 }' $< >$@
$(BUILD)/picture/html.o: $(BUILD)/picture/page.js.inc $(BUILD)/picture/page.css.inc

# Manual pages, one a command, and the completions of bash, zsh and fish: docs/man/manual prints them from the rows of the command line.
MANUAL_SRC := $(wildcard docs/man/*.c)
man: $(BUILD)/man/done
$(BUILD)/docs/man/manual: $(call objects,$(filter-out cli/main.c,$(MANAGER_SRC)) $(MANUAL_SRC))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call pkg_libs,$(MANAGER_PKGS))
$(BUILD)/man/done: $(BUILD)/docs/man/manual
	$(call say,SCDOC,$(@D))
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)$< --bash >$(@D)/sluice.bash && $< --zsh >$(@D)/_sluice && $< --fish >$(@D)/sluice.fish
	$(Q)set -e; for page in $$($< --list); do $< $$page >$(@D)/$$page.scd; scdoc <$(@D)/$$page.scd >$(@D)/$$page.1; done
	$(Q)touch $@

# A unit test is tests/unit/NAME_test.c; it links what it needs of both programs, but for their main(), and of its helpers.
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*_test.c))
$(call objects,$(wildcard tests/unit/*.c)): PKG_CFLAGS = $(call pkg_cflags,$(MANAGER_PKGS))
UNIT_OBJ := $(call objects,$(sort $(filter-out cli/main.c vmm/main.c,$(MANAGER_SRC) $(VMM_SRC)) \
              $(filter-out %_test.c,$(wildcard tests/unit/*.c))))
$(BUILD)/tests/unit/all.a: $(UNIT_OBJ)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
$(BUILD)/tests/unit/%_test: $(BUILD)/tests/unit/%_test.o $(BUILD)/tests/unit/all.a
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ -pthread $(call pkg_libs,$(MANAGER_PKGS) $(VMM_PKGS) cmocka)

# How a source is compiled, a unit test linked, and of what a program is made: for tests/mutate, which does it with one source replaced.
$(BUILD)/mutate/commands: $(BUILD)/flags Makefile $(MANAGER_SRC) $(VMM_SRC)
	@mkdir -p $(@D)
	@printf '%s\n' $(call quoted,$(COMPILE) $(call pkg_cflags,$(MANAGER_PKGS))) $(call quoted,$(LINK)) \
		'$(call pkg_libs,$(MANAGER_PKGS) $(VMM_PKGS) cmocka)' \
		'$(call objects,$(MANAGER_SRC))' '$(call pkg_libs,$(MANAGER_PKGS))' \
		'$(call objects,$(VMM_SRC))' '$(call pkg_libs,$(VMM_PKGS))' >$@

# Made-up machines: tests/bench/make-tree.
$(BUILD)/tests/tools/make-tree: $(call objects,tests/tools/make-tree.c tests/tools/make_parts.c tests/tools/make_shapes.c \
                                   $(wildcard tests/unit/machine_*.c))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^

# Described machines: tests/hosts/compose.
COMPOSE_SRC := $(wildcard tests/tools/compose*.c) tests/unit/machine_tree.c tests/unit/machine_config.c
$(BUILD)/tests/tools/compose: $(call objects,$(COMPOSE_SRC))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^

# A kernel that is not there: tests/fake/run.
FAKE_SRC := $(filter-out tests/fake/preload.c,$(wildcard tests/fake/*.c))
$(call objects,$(FAKE_SRC)): PKG_CFLAGS = $(call pkg_cflags,fuse3)
$(BUILD)/tests/fake/fake: $(call objects,$(FAKE_SRC))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call pkg_libs,fuse3)
$(BUILD)/tests/fake/preload.o: PKG_CFLAGS = -fPIC -U_FORTIFY_SOURCE
$(BUILD)/tests/fake/preload.so: $(BUILD)/tests/fake/preload.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -shared -o $@ $^

# A second look at a host: tests/bench/list.
$(BUILD)/tests/tools/look-twice: $(call objects,tests/tools/look-twice.c $(filter-out cli/%,$(MANAGER_SRC)))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ $(call pkg_libs,$(MANAGER_PKGS))

# The fake device of the unit tests beside the kernel's: tests/hil/fake-device.test.
$(BUILD)/tests/tools/vfio-compare: $(call objects,tests/tools/vfio-compare.c tests/unit/fake_vfio.c \
                                     $(filter-out vmm/main.c,$(VMM_SRC)))
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^ -pthread $(call pkg_libs,$(VMM_PKGS))

# Takes memory from a process, behind its devices' backs: tests/hil/second-levels.test.
$(BUILD)/tests/tools/take-memory: $(call objects,tests/tools/take-memory.c)
	$(call say,LINK,$@)
	$(Q)$(LINK) -o $@ $^

unit: $(UNIT)
	$(Q)tests/unit/run $(UNIT)

mutate:
	$(Q)tests/mutate --lab --compiles
	$(Q)tests/mutate --units

bench-sriov:
	$(Q)tests/bench/sriov
	$(Q)tests/bench/sriov-tools

# What takes hours: for a night, or before a release.
soak: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(MAKE) --no-print-directory $(BUILD)/tests/unit/vfio_liar_test $(BUILD)/tests/unit/vfio_config_writes_test
	$(Q)$(MAKE) --no-print-directory $(BUILD)/tests/unit/plan_apply_test
	$(Q)$(BUILD)/tests/unit/plan_apply_test 1000
	$(Q)KILL_SCENARIOS=20 KILL_STEP=1 tests/fake/test apply-killed
	$(Q)$(BUILD)/tests/unit/vfio_liar_test 1000000
	$(Q)$(MAKE) --no-print-directory $(BUILD)/tests/unit/virtio_queue_test $(BUILD)/tests/unit/virtio_blk_test
	$(Q)$(BUILD)/tests/unit/virtio_queue_test 10000000
	$(Q)$(BUILD)/tests/unit/virtio_blk_test 1000000
	$(Q)$(BUILD)/tests/unit/vfio_config_writes_test 256
	$(Q)ALL_ERRNOS=yes ALL_CALLS=yes ALL_PAIRS=yes tests/fake/test errors killed two-at-a-time
	$(Q)tests/mutate --units
	$(Q)tests/mutate --lab
	$(Q)setup/install build package && packaging/deb $(BUILD)/deb
	$(Q)tests/lab/debian run tests/debian/boots.test $(BUILD)/deb/sluice_*.deb tests/debian/lib.sh
	$(Q)tests/lab/debian run tests/debian/guests.test $(BUILD)/deb/sluice_*.deb tests/debian/lib.sh
	$(Q)tests/lab/debian run tests/debian/confirm.test $(BUILD)/deb/sluice_*.deb tests/debian/lib.sh
	$(Q)tests/lab/lab test --timeout 36000 killed-under-load=300
	$(Q)tests/lab/lab test --timeout 36000 hotplug-load=50
	$(Q)tests/lab/lab test --timeout 3600 fleet-intel=1 device-errors=1 hotplug-intx=1 vf-drain=1
	$(Q)for seed in 1 2 3 4 5; do WINDOWS=20 WINDOWS_SEED=$$seed tests/lab/lab test --timeout 7200 vf-capacity-windows || exit; done
	$(Q)tests/lab/lab test --timeout 36000 vf-tenants=200
	$(Q)tests/lab/lab test --timeout 36000 hostile-guest=100000
	$(Q)tests/lab/selftests
	$(Q)tests/lab/lab test --kernel 6.1-bookworm fleet-intel fleet-amd
	$(Q)tests/lab/lab test --kernel 7-sid fleet-intel fleet-amd
	$(Q)tests/lab/lab test --kernel lab fleet-intel fleet-amd

style:
	$(Q)tests/style

deps:
	$(Q)DEPS=$(DEPS) setup/install

demo: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo/demo

deb:
	$(Q)DEPS=$(DEPS) setup/install build package
	$(Q)packaging/deb $(BUILD)/deb

bench-passthrough: deps
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/lab/lab run --timeout 900 tests/bench/passthrough

check: deps
	$(Q)tests/check

hil: all
	$(Q)tests/hil/run --hardware '$(HARDWARE)' $(TESTS)

bench-vmm: all
	$(Q)tests/lab/lab run --with-qemu --guest lab --timeout 900 tests/bench/vmm --detail

coverage:
	$(Q)BUILD=$(BUILD)/coverage tests/coverage

# One entry a source file of the two programs, as their objects are compiled.
compile_commands.json: $(BUILD)/flags Makefile
	$(call say,JSON,$@)
	$(Q)for file in $(sort $(MANAGER_SRC) $(VMM_SRC)); do \
		printf '{"directory": "%s", "file": "%s", "command": "%s"}\n' "$$PWD" "$$file" \
			"$(subst ",\",$(COMPILE) $(call pkg_cflags,$(MANAGER_PKGS))) -c -o $(BUILD)/$${file%.c}.o $$file"; \
	done | jq -s . >$@

install: all
	install -D -m 755 $(BUILD)/sluice $(DESTDIR)$(PREFIX)/bin/sluice
	install -D -m 755 $(BUILD)/sluice-vmm $(DESTDIR)$(PREFIX)/libexec/sluice/sluice-vmm
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -D -m 644 $(BUILD)/man/sluice.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/sluice
	install -D -m 644 $(BUILD)/man/_sluice $(DESTDIR)$(PREFIX)/share/zsh/vendor-completions/_sluice
	install -D -m 644 $(BUILD)/man/sluice.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/sluice.fish
	install -d $(DESTDIR)$(UNIT_DIR)
	for unit in $(notdir $(wildcard packaging/systemd/*)); do \
		sed 's,@BINDIR@,$(PREFIX)/bin,' packaging/systemd/$$unit >$(DESTDIR)$(UNIT_DIR)/$$unit || exit; done
	install -D -m 755 packaging/early $(DESTDIR)$(PREFIX)/libexec/sluice/early
	install -D -m 755 packaging/initramfs-tools/init-top $(DESTDIR)$(INITRAMFS_DIR)/scripts/init-top/sluice
	install -d $(DESTDIR)$(INITRAMFS_DIR)/hooks $(DESTDIR)$(DRACUT_DIR)/90sluice
	sed 's,@LIBEXECDIR@,$(PREFIX)/libexec,' packaging/initramfs-tools/hook >$(DESTDIR)$(INITRAMFS_DIR)/hooks/sluice
	sed 's,@LIBEXECDIR@,$(PREFIX)/libexec,' packaging/dracut/module-setup.sh >$(DESTDIR)$(DRACUT_DIR)/90sluice/module-setup.sh
	chmod 755 $(DESTDIR)$(INITRAMFS_DIR)/hooks/sluice $(DESTDIR)$(DRACUT_DIR)/90sluice/module-setup.sh

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -path $(BUILD)/deb -prune -o -type f -name '*.d' -print 2>/dev/null)
