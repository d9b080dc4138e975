// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What limits the VFs of a PF, one function a row. The kernel's own tests are those of sriov_enable() and
 * pci_iov_init() in drivers/pci/iov.c: the registers of all VFs that the card offers have a place or none has, the last
 * VF's bus is behind the port, the driver's own maximum (pci_sriov_set_totalvfs()).
 */
#include "sriov/capacity.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/port.h"
#include "pci/window.h"
#include "sriov/nvme_admin.h"
#include "sriov/nvme_primary.h"
#include "sriov/nvme_vf.h"
#include "sriov/pf_rule.h"
#include "sriov/pf_setup.h"
#include "sriov/vf_bar.h"
#include "sriov/vf_place.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	NVME_QUEUES_EACH = 2,     /* an admin queue and one for I/O */
	NVME_INTERRUPTS_EACH = 1, /* 8.26: an online controller has one at least */
};

struct survey {
	const struct sysroot *root;
	const struct pci_inventory *inventory;
	const struct pci_device *pf;
	char name[PCI_ADDR_TEXT_SIZE];
	struct vf_bars bars;
	bool has_bars, has_port;
	struct pci_addr port;
	struct pci_window window[PCI_WINDOWS]; /* of that port */
	size_t window_count;
	struct capacity *capacity;
};

const char *capacity_kind_name(enum capacity_kind kind)
{
	static const char *const names[] = {
		[CAPACITY_CARD] = "card",
		[CAPACITY_DRIVER] = "driver",
		[CAPACITY_REGISTERS] = "registers",
		[CAPACITY_BUSES] = "bus_numbers",
		[CAPACITY_ARI] = "ari",
		[CAPACITY_VECTORS] = "msix",
		[CAPACITY_QUEUES] = "nvme_queues",
		[CAPACITY_INTERRUPTS] = "nvme_interrupts",
	};

	return names[kind];
}

__attribute__((format(printf, 3, 4))) static void add_text(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf + used, size - used, fmt, args);
	va_end(args);
}

/* The first of several things that could not be looked at is told. */
static void missing(struct survey *s, const char *what)
{
	s->capacity->incomplete = true;
	if (!s->capacity->missing[0])
		text_copy(s->capacity->missing, sizeof(s->capacity->missing), what);
}

static struct capacity_limit *begin(struct survey *s, enum capacity_kind kind, bool stops, unsigned int max)
{
	struct capacity_limit *limit = &s->capacity->limit[kind];

	limit->counts = true;
	limit->stops = stops;
	limit->max = max < s->capacity->total ? max : s->capacity->total;
	return limit;
}

static void look_at_card(struct survey *s)
{
	struct capacity_limit *limit = begin(s, CAPACITY_CARD, true, s->capacity->total);
	char fix[PF_SETUP_FIX_SIZE];

	snprintf(limit->evidence, sizeof(limit->evidence), "%s of %s: %u",
		s->has_bars ? "TotalVFs in the SR-IOV capability" : "sriov_totalvfs", s->name, s->capacity->total);
	if (pf_setup_fix(s->root, s->pf, fix, sizeof(fix)))
		snprintf(limit->more, sizeof(limit->more),
			"the card's own set-up, if the card can do more: %s (with the number that is wanted)", fix);
}

static void look_at_driver(struct survey *s)
{
	struct pf_rule_finding finding;
	bool ruled = pf_rule_check(s->root, s->pf, &finding) == 1 && finding.never;
	struct capacity_limit *limit;

	if (!s->pf->driver[0]) {
		limit = begin(s, CAPACITY_DRIVER, true, 0);
		snprintf(limit->evidence, sizeof(limit->evidence), "%s has no driver, and only its driver makes VFs",
			s->name);
		snprintf(limit->more, sizeof(limit->more), "sluice release %s gives it the kernel's driver", s->name);
		return;
	}
	limit = begin(s, CAPACITY_DRIVER, true, ruled ? 0 : s->pf->sriov.total_vfs);
	if (ruled) {
		snprintf(limit->evidence, sizeof(limit->evidence), "%s %s", s->pf->driver, finding.says);
		snprintf(limit->more, sizeof(limit->more), "%s", finding.fix);
		return;
	}
	snprintf(limit->evidence, sizeof(limit->evidence), "%s: sriov_totalvfs is %u", s->pf->driver,
		s->pf->sriov.total_vfs);
	if (s->pf->sriov.total_vfs < s->capacity->total)
		snprintf(limit->more, sizeof(limit->more),
			"%s allows %u of the card's %u: its parameters (modinfo %s), or another driver of the card",
			s->pf->driver, s->pf->sriov.total_vfs, s->capacity->total, s->pf->driver);
}

/* The greatest BAR that was not tried yet; NULL: all were. */
static const struct vf_bar *next_bar(const struct survey *s, bool tried[static VF_BARS])
{
	const struct vf_bar *bar = NULL;

	for (size_t i = 0; i < VF_BARS; i++)
		if (s->bars.bar[i].size && !tried[i] && (!bar || s->bars.bar[i].size > bar->size))
			bar = &s->bars.bar[i];
	if (bar)
		tried[bar - s->bars.bar] = true;
	return bar;
}

/* Do count VFs' registers fit, in the order in which the kernel tries: the greatest first, the lowest place. */
static bool registers_fit(const struct survey *s, unsigned int count)
{
	struct pci_window window[PCI_WINDOWS];
	bool tried[VF_BARS] = { false };
	const struct vf_bar *bar;

	memcpy(window, s->window, sizeof(window));
	while ((bar = next_bar(s, tried))) {
		size_t i = s->window_count;
		uint64_t start;

		/* The prefetchable window is the last one, and the first to be tried. */
		while (i && !(pci_window_suits(&window[i - 1], bar->prefetchable, bar->is_64bit) &&
				    pci_window_take(&window[i - 1], bar->size * count, bar->size, &start)))
			i--;
		if (!i)
			return false;
	}
	return true;
}

/* VFs whose registers would fit, were the card to offer so many; of 0 there are no registers to place. */
static unsigned int count_fitting(const struct survey *s)
{
	unsigned int count = 0;

	while (count < s->bars.total && registers_fit(s, count + 1))
		count++;
	return count;
}

static void tell_windows(const struct survey *s, char *buf, size_t size)
{
	for (size_t i = 0; i < s->window_count; i++) {
		const struct pci_window *window = &s->window[i];
		char whole[32], free[32];

		size_to_text(window->end - window->start + 1, whole, sizeof(whole));
		size_to_text(pci_window_largest(window), free, sizeof(free));
		add_text(buf, size, "%s%s of %s at %#" PRIx64 " with %s free in one piece", i ? ", and " : "",
			window->prefetchable ? "a prefetchable one" : "a window", whole, window->start, free);
	}
	if (!s->window_count)
		add_text(buf, size, "no window for memory");
}

/* "127 times 16 KiB and 127 times 4 KiB". Returns the bytes for all VFs. */
static uint64_t tell_registers(const struct survey *s, char *buf, size_t size)
{
	uint64_t all = 0;
	char each[32];

	for (size_t i = 0; i < VF_BARS; i++) {
		const struct vf_bar *bar = &s->bars.bar[i];

		if (!bar->size)
			continue;
		add_text(buf, size, "%s%u times %s", all ? " and " : "", s->bars.total,
			size_to_text(bar->size, each, sizeof(each)));
		all += bar->size * s->bars.total;
	}
	return all;
}

/* Room that has come since the kernel looked for it. */
static void tell_rescan(const struct survey *s, struct capacity_limit *limit)
{
	char port[PCI_ADDR_TEXT_SIZE];

	snprintf(limit->more, sizeof(limit->more),
		"there is room by now, which the kernel looks for when it finds the card: echo 1 > "
		"/sys/bus/pci/devices/%s/remove, then echo 1 > /sys/bus/pci/devices/%s/rescan (the card is away "
		"meanwhile)",
		s->name, pci_addr_text(s->port, port));
}

static void tell_room_ways(const struct survey *s, uint64_t needed, struct capacity_limit *limit)
{
	char cmdline[4096] = "", size[32];

	if (sysroot_read_text(s->root, cmdline, sizeof(cmdline), "proc/cmdline") < 0)
		cmdline[0] = '\0';
	if (strstr(cmdline, "realloc=off"))
		add_text(limit->more, sizeof(limit->more),
			"remove realloc=off from pci= on the kernel's command line, and reboot; or ");
	else if (!strstr(cmdline, "realloc"))
		add_text(limit->more, sizeof(limit->more), "boot with pci=realloc; or ");
	add_text(limit->more, sizeof(limit->more),
		"switch SR-IOV and 'above 4G decoding' on in the firmware's set-up, so that the window above has %s "
		"for VFs",
		size_to_text(needed, size, sizeof(size)));
	if (s->capacity->by_windows > 0)
		add_text(limit->more, sizeof(limit->more),
			"; or set the card up to offer %d VFs at most (the kernel reserves for all that it offers)",
			s->capacity->by_windows);
}

static void look_at_homeless(struct survey *s, uint64_t needed, const char *registers)
{
	struct capacity_limit *limit = begin(s, CAPACITY_REGISTERS, true, 0);
	char port[PCI_ADDR_TEXT_SIZE];

	add_text(limit->evidence, sizeof(limit->evidence), "the kernel has no place for the registers of VFs, %s",
		registers);
	if (s->has_port) {
		add_text(limit->evidence, sizeof(limit->evidence), "; %s has ", pci_addr_text(s->port, port));
		tell_windows(s, limit->evidence, sizeof(limit->evidence));
		add_text(limit->evidence, sizeof(limit->evidence), ": those of %d VFs would fit",
			s->capacity->by_windows);
	}
	if (s->capacity->by_windows == (int)s->bars.total)
		tell_rescan(s, limit);
	else
		tell_room_ways(s, needed, limit);
}

static void look_at_registers(struct survey *s)
{
	struct capacity_limit *limit;
	char registers[160] = "", size[32];
	bool placed = true;
	uint64_t needed;

	if (!s->has_bars) {
		missing(s, "the SR-IOV capability, and with it the VFs' registers (root can read it)");
		return;
	}
	if (s->bars.unknown) {
		limit = begin(s, CAPACITY_REGISTERS, true, 0);
		snprintf(limit->evidence, sizeof(limit->evidence),
			"the kernel has no place for registers of VFs; how large they are only the card knows, which "
			"is "
			"asked as root, on the host itself");
		tell_room_ways(s, 0, limit);
		return;
	}
	needed = tell_registers(s, registers, sizeof(registers));
	if (!needed)
		return;
	for (size_t i = 0; i < VF_BARS; i++)
		placed &= !s->bars.bar[i].size || s->bars.bar[i].placed;
	s->has_port = pci_port_find(s->root, s->pf->addr, &s->port);
	if (s->has_port) {
		s->window_count = pci_windows_read(s->root, s->inventory, s->port, s->pf->addr, s->window);
		s->capacity->by_windows = (int)count_fitting(s);
	}
	if (!placed) {
		look_at_homeless(s, needed, registers);
		return;
	}
	limit = begin(s, CAPACITY_REGISTERS, true, s->bars.total);
	snprintf(limit->evidence, sizeof(limit->evidence), "the kernel has a place for the registers of VFs, %s: %s",
		registers, size_to_text(needed, size, sizeof(size)));
}

static void look_at_place(struct survey *s)
{
	struct pci_device card = *s->pf;
	struct capacity_limit *limit;
	struct vf_place place;
	char cause[160];

	card.sriov.total_vfs = (uint16_t)s->capacity->total;
	if (!vf_place_read(s->root, &card, &place)) {
		missing(s, "where its VFs would be");
		return;
	}
	limit = begin(s, CAPACITY_BUSES, true, place.fit);
	snprintf(limit->evidence, sizeof(limit->evidence),
		"first VF at +%" PRIu64 ", then every %" PRIu64 "; buses up to %02x are behind %s", place.offset,
		place.stride, place.last_bus, place.has_port ? "the port above" : "the root");
	if (place.fit < s->capacity->total)
		vf_place_ways(s->root, s->inventory, &card, &place, limit->more, sizeof(limit->more));
	if (!place.has_port)
		return;
	/* What has no bus is the other row's. */
	limit = begin(s, CAPACITY_ARI, true, place.reached < place.fit ? place.reached : s->capacity->total);
	vf_place_cause(&place, &card, cause, sizeof(cause));
	snprintf(limit->evidence, sizeof(limit->evidence), "%s",
		cause[0] ? cause : "the port above reaches every function behind it");
	if (place.reached < place.fit)
		vf_place_ways(s->root, s->inventory, &card, &place, limit->more, sizeof(limit->more));
}

/* Cards that share one table of vectors among their VFs (sriov_vf_total_msix, Linux 5.13). */
static void look_at_vectors(struct survey *s)
{
	struct capacity_limit *limit;
	uint64_t total;

	if (sysroot_read_u64(s->root, &total, DEVICES "/%s/sriov_vf_total_msix", s->name) < 0 || !total)
		return;
	limit = begin(s, CAPACITY_VECTORS, false, total < UINT16_MAX ? (unsigned int)total : UINT16_MAX);
	snprintf(limit->evidence, sizeof(limit->evidence),
		"%" PRIu64 " MSI-X vectors for all VFs together (sriov_vf_total_msix); each needs one at least", total);
	if (total < s->capacity->total)
		snprintf(limit->more, sizeof(limit->more), "more vectors, in the card's own set-up");
}

static void look_at_pool(struct survey *s, enum capacity_kind kind, const struct nvme_pool *pool, unsigned int each,
	const char *what, const struct nvme_primary *primary)
{
	const char *resource = kind == CAPACITY_QUEUES ? "0" : "1";
	char name[PCI_NAME_MAX] = "nvme0";

	uint32_t vfs = nvme_pool_vfs(pool, each);
	struct capacity_limit *limit;

	if (!pool->there)
		return;
	limit = begin(s, kind, false, vfs < UINT16_MAX ? vfs : UINT16_MAX);
	snprintf(limit->evidence, sizeof(limit->evidence),
		"the controller has %u flexible %s, %u of them with the primary, %u with VFs; a VF needs %u and may "
		"have %u",
		pool->flexible, what, pool->at_primary, pool->assigned, each, pool->most);
	if (limit->max >= s->capacity->total)
		return;
	nvme_controller(s->root, s->pf->addr, name, sizeof(name));
	if (pool->most < each)
		snprintf(limit->more, sizeof(limit->more), "a controller whose VFs may have %u %s", each, what);
	else if (pool->at_primary)
		snprintf(limit->more, sizeof(limit->more),
			"take some from the primary: nvme virt-mgmt /dev/%s -c %u -r %s -a 1 -n 0, which holds from "
			"the "
			"controller's next reset on",
			name, primary->controller, resource);
	else
		snprintf(limit->more, sizeof(limit->more), "a controller with more %s", what);
}

static void look_at_nvme(struct survey *s)
{
	struct nvme_primary primary;

	if (s->pf->class != CLASS_NVME)
		return;
	if (nvme_primary_read(s->root, s->pf->addr, &primary) < 0) {
		missing(s, "the queues and interrupts that the NVMe controller has for VFs (root can read them)");
		return;
	}
	look_at_pool(s, CAPACITY_QUEUES, &primary.queues, NVME_QUEUES_EACH, "queues", &primary);
	look_at_pool(s, CAPACITY_INTERRUPTS, &primary.interrupts, NVME_INTERRUPTS_EACH, "interrupts", &primary);
}

/* The least of the rows; of equal ones the first, which is the card's own. */
static void conclude(struct capacity *capacity)
{
	capacity->max = capacity->total;
	for (size_t i = 0; i < CAPACITY_KINDS; i++)
		if (capacity->limit[i].counts && capacity->limit[i].stops && capacity->limit[i].max < capacity->max) {
			capacity->max = capacity->limit[i].max;
			capacity->first = (enum capacity_kind)i;
		}
	capacity->usable = capacity->max;
	for (size_t i = 0; i < CAPACITY_KINDS; i++)
		if (capacity->limit[i].counts && capacity->limit[i].max < capacity->usable)
			capacity->usable = capacity->limit[i].max;
}

void capacity_read(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *pf,
	struct capacity *ret_capacity)
{
	struct survey s = { .root = root, .inventory = inventory, .pf = pf, .capacity = ret_capacity };

	*ret_capacity = (struct capacity){ .now = pf->sriov.num_vfs, .first = CAPACITY_CARD, .by_windows = -1 };
	pci_addr_text(pf->addr, s.name);
	s.has_bars = vf_bars_read(root, pf, &s.bars);
	ret_capacity->total = s.has_bars ? s.bars.total : pf->sriov.total_vfs;
	look_at_card(&s);
	look_at_driver(&s);
	look_at_registers(&s);
	look_at_place(&s);
	look_at_vectors(&s);
	look_at_nvme(&s);
	conclude(ret_capacity);
}

const struct capacity_limit *capacity_obstacle(
	const struct capacity *capacity, unsigned int count, enum capacity_kind *ret_kind)
{
	const struct capacity_limit *found = NULL;

	for (size_t i = 0; i < CAPACITY_KINDS; i++) {
		const struct capacity_limit *limit = &capacity->limit[i];

		if (!limit->counts || limit->max >= count || (found && limit->max >= found->max))
			continue;
		found = limit;
		*ret_kind = (enum capacity_kind)i;
	}
	return found;
}
