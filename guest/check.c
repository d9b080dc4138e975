// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why a guest cannot be started, before anything is changed: each check is a row, in the order that gives the best
 * message (no IOMMU at all comes before a group of it). What the kernel decides later (is the group free, does
 * everything fit) fails there, with its own message.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "assign/verdict.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "guest/dma_limits.h"
#include "guest/kvm_params.h"
#include "guest/slots.h"
#include "guest/start.h"
#include "pci/detail.h"
#include "wire/limits.h"

enum {
	MSI_VECTORS_MOST = 32,
};

static int check_image(const char *path, const char *what, const char *option, struct error *err)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		return 0;
	fail(err, errno, "open the %s '%s'", what, path);
	return fail_hint(err, "--%s names a file that this user can read", option);
}

static int check_images(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	int ret = check_image(spec->kernel, "kernel", "kernel", err);

	(void)host;
	if (!ret && spec->initrd)
		ret = check_image(spec->initrd, "initrd", "initrd", err);
	for (size_t i = 0; i < spec->device_count && !ret; i++)
		if (spec->rom_file[i])
			ret = check_image(spec->rom_file[i], "expansion ROM", "device DEVICE,rom=FILE", err);
	if (ret < 0 || strlen(spec->cmdline) < LAUNCH_CMDLINE_MAX)
		return ret;
	return fail_code(err, CODE_USAGE, E2BIG, "--cmdline is longer than %d characters", LAUNCH_CMDLINE_MAX - 1);
}

/* Opened again, and locked, when they are handed over. */
static int check_disks(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	int ret = 0;

	(void)host;
	for (size_t i = 0; i < spec->disk_count && ret == 0; i++) {
		cleanup_close int fd = -1;
		uint64_t bytes;

		ret = guest_disk_open(&spec->disk[i], &fd, &bytes, err);
		for (size_t k = 0; k < i && ret == 0; k++)
			if (!strcmp(spec->disk[k].path, spec->disk[i].path) &&
				!(spec->disk[k].read_only && spec->disk[i].read_only))
				ret = fail_code(
					err, CODE_USAGE, EINVAL, "disk '%s' is given twice", spec->disk[i].path);
	}
	return ret;
}

static int check_nets(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; i < spec->net_count && ret == 0; i++) {
		cleanup_close int fd = -1;

		for (size_t k = 0; k < i && ret == 0; k++)
			if (!strcmp(spec->net[k].tap, spec->net[i].tap))
				ret = fail_code(err, CODE_USAGE, EINVAL, "tap '%s' is given twice", spec->net[i].tap);
		if (ret == 0)
			ret = guest_net_open(&host->root, &spec->net[i], &fd, err);
	}
	return ret;
}

static int check_rules(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	struct config_rule rules[LIMIT_RULES];
	size_t count;
	int ret = 0;

	for (size_t i = 0; i < spec->device_count && spec->rules && ret == 0; i++) {
		const struct pci_device *device = pci_inventory_find(&host->pci, spec->device[i]);

		if (device)
			ret = guest_rules_for(spec->rules, device, rules, LIMIT_RULES, &count, err);
	}
	return ret;
}

static int check_name(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	if (!spec->name[0] || !guest_is_alive(&host->root, spec->name))
		return 0;
	fail_code(err, CODE_GUEST_EXISTS, EEXIST, "a guest '%s' is running already", spec->name);
	return fail_hint(err, "choose another --name, or end it with 'sluice stop %s'", spec->name);
}

/* A line of /proc/meminfo in bytes; UINT64_MAX when the kernel does not say. */
static uint64_t read_meminfo(const struct host *host, const char *name)
{
	char text[4096];
	const char *line;
	unsigned long long kib;

	if (sysroot_read_text(&host->root, text, sizeof(text), "proc/meminfo") < 0)
		return UINT64_MAX;
	line = strstr(text, name);
	return line && sscanf(line + strlen(name), ": %llu kB", &kib) == 1 ? kib * 1024 : UINT64_MAX;
}

/* Devices' memory is all taken at once: what is not there would be taken from the host's own processes. */
static int check_memory_is_there(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	bool pinned = spec->device_count > 0;
	uint64_t most = read_meminfo(host, pinned ? "MemAvailable" : "MemTotal");
	char wanted[32], there[32];

	if (spec->page_bytes > 4096 || spec->memory_bytes <= most)
		return 0;
	fail_code(err, CODE_MEMORY_SHORT, ENOMEM, "the guest wants %s of memory, this host has %s%s",
		size_to_text(spec->memory_bytes, wanted, sizeof(wanted)), size_to_text(most, there, sizeof(there)),
		pinned ? " available, and a guest with devices takes it all at once" : "");
	return fail_hint(err, "give it less: --memory");
}

static int check_memory(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	char page[32];

	if (spec->memory_bytes % spec->page_bytes == 0)
		return check_memory_is_there(host, spec, err);
	fail_code(err, CODE_USAGE, EINVAL, "--memory is not a multiple of the page size %s",
		size_to_text(spec->page_bytes, page, sizeof(page)));
	return fail_hint(err, "for example %s", spec->page_bytes >= (1ull << 30) ? "--memory 2G" : "--memory 512M");
}

/* What this kernel's KVM has of what a guest may need; sluice-vmm asks again, when devices have been taken. */
static int check_kvm_limits(int kvm, const struct guest_spec *spec, struct error *err)
{
	int vcpus = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	int slots = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS);

	if (vcpus > 0 && spec->cpus > (uint32_t)vcpus)
		return fail_code(err, CODE_USAGE, E2BIG, "the guest wants %u vCPUs, KVM of this host gives at most %d",
			spec->cpus, vcpus);
	if (slots > 0 && slots < LIMIT_SLOTS)
		return fail_code(err, CODE_KVM_NO_CAP, ENOTSUP, "KVM of this host has %d memory slots, %d are needed",
			slots, LIMIT_SLOTS);
	return 0;
}

/* How much of wire/limits.h the guest takes. */
static uint64_t count_vcpus(const struct host *host, const struct guest_spec *spec)
{
	(void)host;
	return spec->cpus;
}

static uint64_t count_devices(const struct host *host, const struct guest_spec *spec)
{
	(void)host;
	return spec->device_count;
}

/* A device whose table cannot be read is judged when it is opened; one without may have MSI. */
static uint64_t count_messages(const struct host *host, const struct guest_spec *spec)
{
	uint64_t count = 0;

	for (size_t i = 0; i < spec->device_count; i++) {
		int vectors = pci_msix_vectors(&host->root, spec->device[i]);

		if (vectors >= 0)
			count += vectors ? (uint64_t)vectors : MSI_VECTORS_MOST;
	}
	return count;
}

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) / align * align;
}

/* What the BARs of one slot take of the 32-bit window, and the largest of them: as vmm-core/pci/assign.c packs them. */
static uint64_t pci32_of_slot(const struct host *host, const struct guest_spec *spec, const struct guest_slot *slots,
	uint32_t port, uint64_t *ret_align)
{
	uint64_t bytes = 0;

	*ret_align = LIMIT_PCI32_GRANULE;
	for (size_t i = 0; i < spec->device_count; i++) {
		struct pci_bar bar[PCI_BAR_MAX];
		size_t count = slots[i].port == port ? pci_bars_read(&host->root, spec->device[i], bar) : 0;

		for (size_t k = 0; k < count; k++) {
			if (bar[k].index >= PCI_BAR_ROM || bar[k].is_io || (bar[k].is_64bit && bar[k].prefetchable) ||
				bar[k].size > UINT32_MAX)
				continue;
			bytes += align_up(bar[k].size, 4096);
			*ret_align = bar[k].size > *ret_align ? bar[k].size : *ret_align;
		}
	}
	return align_up(bytes, LIMIT_PCI32_GRANULE);
}

/* Expansion ROMs are not counted: whether the guest gets them is known when they have been read. */
static uint64_t count_pci32(const struct host *host, const struct guest_spec *spec)
{
	struct guest_slot slots[LIMIT_DEVICES];
	uint32_t ports = guest_slots(&host->pci, spec->device, spec->device_count, slots);
	uint64_t used = 0;

	for (uint32_t port = 0; port < ports; port++) {
		uint64_t align, bytes = pci32_of_slot(host, spec, slots, port, &align);

		used = bytes ? align_up(used, align) + bytes : used;
	}
	return used + (guest_virtio_count(spec) ? 2 * LIMIT_PCI32_GRANULE : 0);
}

/* Emulated devices take the last places of bus 0, eight each; more than one place is one port less. */
static uint64_t count_bus0(const struct host *host, const struct guest_spec *spec)
{
	struct guest_slot slots[LIMIT_DEVICES];
	uint32_t ports = guest_slots(&host->pci, spec->device, spec->device_count, slots);
	uint64_t places = (guest_virtio_count(spec) + GUEST_SLOT_FUNCTIONS - 1) / GUEST_SLOT_FUNCTIONS;

	return ports + (places > 1 ? places - 1 : 0);
}

/* In this order: what counts the devices' own things relies on their number. */
static const struct {
	const char *what;
	uint64_t most;
	uint64_t (*count)(const struct host *host, const struct guest_spec *spec);
	enum code code;
} limits[] = {
	{ "vCPUs", LIMIT_VCPUS, count_vcpus, CODE_USAGE },
	{ "devices", LIMIT_DEVICES, count_devices, CODE_USAGE },
	{ "PCI Express ports and emulated devices", LIMIT_DEVICES, count_bus0, CODE_LAYOUT },
	{ "MSI-X and MSI vectors in all its devices", LIMIT_MESSAGES, count_messages, CODE_USAGE },
	{ "bytes of registers below 4 GiB (BARs that are not both 64-bit and prefetchable)", LIMIT_PCI32_BYTES,
		count_pci32, CODE_LAYOUT },
};

static int check_limits(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	for (size_t i = 0; i < array_size(limits); i++) {
		uint64_t count = limits[i].count(host, spec);

		if (count <= limits[i].most)
			continue;
		fail_code(err, limits[i].code, E2BIG, "the guest would have %llu %s, at most %llu are possible",
			(unsigned long long)count, limits[i].what, (unsigned long long)limits[i].most);
		return fail_hint(err, "give it fewer, or start two guests");
	}
	return 0;
}

static int check_dma_limits(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	enum vfio_choice choice;
	struct dma_limits found;

	if (!spec->device_count)
		return 0;
	dma_limits_read(&host->root, &found);
	return dma_limits_check(&found, spec->backend, spec->memory_bytes, &choice, err);
}

bool guest_is_unprivileged(const struct host *host)
{
	int fd = sysroot_open_file(&host->root, O_WRONLY, "sys/bus/pci/drivers_probe");

	if (fd >= 0)
		close(fd);
	return fd == -EACCES || fd == -EPERM;
}

static int check_privilege(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	bool unprivileged = spec->device_count && guest_is_unprivileged(host);

	for (size_t i = 0; unprivileged && i < spec->device_count; i++) {
		const struct pci_device *device = pci_inventory_find(&host->pci, spec->device[i]);
		char name[PCI_ADDR_TEXT_SIZE];

		if (!device || pci_driver_is_vfio(device->driver))
			continue;
		pci_addr_text(device->addr, name);
		fail_code(err, CODE_NOT_ROOT, EPERM, "%s is not with vfio-pci, and this user cannot change that", name);
		return fail_hint(err, "root can give it to this user: sluice bind %s --user \"$(id -un)\"", name);
	}
	return 0;
}

static int check_kvm(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	int fd = sysroot_open_file(&host->root, O_RDWR, "dev/kvm");

	if (fd >= 0) {
		int ret = check_kvm_limits(fd, spec, err);

		close(fd);
		return ret;
	}
	if (fd == -EACCES || fd == -EPERM) {
		fail_code(err, CODE_KVM_PERM, EACCES, "/dev/kvm may not be opened by this user");
		return fail_hint(err, "run this as root, or add the user to the group that owns /dev/kvm");
	}
	fail_code(err, CODE_KVM_NO_DEV, -fd, "/dev/kvm cannot be opened: %s", strerror(-fd));
	return fail_hint(err, "load the module: modprobe kvm_intel, or kvm_amd; 'sluice doctor' says what is missing");
}

static int check_two_level_paging(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	struct kvm_paging paging;

	(void)spec;
	kvm_paging_read(&host->root, &paging);
	if (paging.state != KVM_PAGING_OFF)
		return 0;
	fail_code(err, CODE_KVM_NO_EPT, ENOTSUP, "KVM runs without two-level paging: %s", paging.evidence);
	return fail_hint(err, "modprobe -r %s && modprobe %s %s=1, while no guest is running", paging.module,
		paging.module, paging.parameter);
}

/*
 * Where remapping is not known, the kernel itself is asked by VFIO and refuses a host without; but not with this
 * parameter. For iommufd it is a parameter of that module.
 */
static bool kernel_takes_unsafe_interrupts(const struct sysroot *root)
{
	static const char *const modules[] = { "vfio_iommu_type1", "iommufd" };
	char value[8];

	for (size_t i = 0; i < array_size(modules); i++)
		if (sysroot_read_text(root, value, sizeof(value), "sys/module/%s/parameters/allow_unsafe_interrupts",
			    modules[i]) > 0 &&
			value[0] != 'N' && value[0] != '0')
			return true;
	return false;
}

/* That they are not remapped is part of the verdict on each device. */
int guest_check_interrupts(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	if (!spec->device_count || spec->unsafe_interrupts_ok || host->iommu.interrupt_remapping != IOMMU_UNKNOWN ||
		!kernel_takes_unsafe_interrupts(&host->root))
		return 0;
	fail_code(err, CODE_IOMMU_NO_INTREMAP, EPERM,
		"it is not known whether the IOMMU remaps interrupts, and allow_unsafe_interrupts=Y lets VFIO go on "
		"without");
	return fail_hint(err,
		"load the module without that option, and the kernel decides; --allow-unsafe-interrupts takes "
		"the risk");
}

size_t guest_virtio_count(const struct guest_spec *spec)
{
	return spec->disk_count + spec->net_count + spec->rng;
}

static bool is_among(const struct pci_addr *addrs, size_t count, struct pci_addr addr)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(addrs[i], addr))
			return true;
	return false;
}

bool guest_accepts_no_reset(const struct guest_spec *spec, struct pci_addr addr)
{
	return is_among(spec->no_reset_ok, spec->no_reset_ok_count, addr);
}

bool guest_accepts_unclean(const struct guest_spec *spec, struct pci_addr addr)
{
	return is_among(spec->unclean_ok, spec->unclean_ok_count, addr);
}

bool guest_accepts_bypass(const struct guest_spec *spec, struct pci_addr addr)
{
	return is_among(spec->bypass_ok, spec->bypass_ok_count, addr);
}

/*
 * Whoever has opened a node to give it away holds it, and so does this program. That nobody else uses it is for the
 * kernel to say: it takes a group, or a device, once.
 */
static bool is_held_to_be_given(const struct verdict *verdict)
{
	const struct pci_users *users = &verdict->users;

	for (size_t i = 0; i < users->count; i++)
		if (users->user[i].severity == PCI_USER_BLOCKS && strcmp(users->user[i].kind, "vfio") != 0)
			return false;
	return verdict->owner != OWNER_GUEST;
}

/* The verdict on it, less the risks that the operator takes by name. */
static int check_verdict(struct judge *judge, const struct guest_spec *spec, size_t index,
	const struct pci_device *device, struct error *err)
{
	cleanup(verdict_done) struct verdict verdict = { 0 };
	enum code accepted[6];
	size_t count = 0;
	int ret = verdict_read(judge, device, &verdict, err);

	if (spec->unsafe_interrupts_ok)
		accepted[count++] = CODE_IOMMU_NO_INTREMAP;
	if (spec->vf_token)
		accepted[count++] = CODE_VF_TOKEN;
	if (guest_accepts_no_reset(spec, device->addr))
		accepted[count++] = CODE_NO_RESET;
	if (guest_accepts_unclean(spec, device->addr))
		accepted[count++] = CODE_DEV_NOT_CLEAN;
	if (guest_accepts_bypass(spec, device->addr))
		accepted[count++] = CODE_DEV_IOMMU_BYPASS;
	if (spec->device_fd[index] && is_held_to_be_given(&verdict))
		accepted[count++] = CODE_DEV_IN_USE;
	return ret < 0 ? ret : verdict_check(judge, &verdict, VERDICT_RUN, accepted, count, err);
}

static int check_device(struct judge *judge, const struct guest_spec *spec, size_t index, struct error *err)
{
	const struct pci_device *device = pci_inventory_find(&judge->host->pci, spec->device[index]);
	char name[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(spec->device[index], name);
	if (!device)
		return fail_code(err, CODE_DEV_LOST, ENODEV, "%s is gone", name);
	for (size_t i = 0; i < index; i++)
		if (!pci_addr_compare(spec->device[i], device->addr))
			return fail_code(err, CODE_USAGE, EINVAL, "%s is given twice", name);
	return check_verdict(judge, spec, index, device, err);
}

static int check_devices(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	cleanup(judge_close) struct judge judge = { 0 };
	int ret = judge_open(&judge, host, JUDGE_THOROUGHLY | JUDGE_AFRESH, spec->device, spec->device_count, err);

	for (size_t i = 0; !ret && i < spec->device_count; i++)
		ret = check_device(&judge, spec, i, err);
	return ret;
}

int guest_check_devices(const struct host *host, const struct guest_spec *spec, bool first, struct error *err)
{
	int ret = guest_check_interrupts(host, spec, err);

	if (ret < 0)
		return ret;
	ret = check_devices(host, spec, err);
	if (ret < 0 || !first)
		return ret;
	return check_dma_limits(host, spec, err);
}

int guest_check(const struct host *host, const struct guest_spec *spec, struct error *err)
{
	static int (*const checks[])(const struct host *, const struct guest_spec *, struct error *) = {
		check_images,
		check_disks,
		check_nets,
		check_name,
		check_memory,
		check_limits,
		check_rules,
		check_kvm,
		check_two_level_paging,
		guest_check_interrupts,
		check_privilege,
		check_devices,
		check_dma_limits,
	};

	for (size_t i = 0; i < array_size(checks); i++) {
		int ret = checks[i](host, spec, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}
