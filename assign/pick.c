// SPDX-License-Identifier: GPL-2.0-or-later
/* Choosing a free VF; see pick.h. Nearness is from sys/devices/system/cpu/cpuN/nodeM, links from carrier. */
#include "assign/pick.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "assign/check.h"
#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/nvme_vf.h"

#define PREFIX "free:"
#define FIRST_PREFIX "first:"

enum {
	PF_MAX = 32,
};

/* PFs to choose from, the first named first. */
struct pool {
	const struct pci_device *pf[PF_MAX];
	size_t count;
};

/* What VFs were looked at, for the error. */
struct tally {
	unsigned int vfs, leased, driven, used, offline;
};

bool device_pick_is_free(const char *text)
{
	return text_starts_with(text, PREFIX) || text_starts_with(text, FIRST_PREFIX);
}

static int add_pf(struct pool *pool, const struct pci_device *pf, const char *text, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (!pf->sriov.capable) {
		fail_code(err, CODE_NOT_A_PF, ENODEV, "%s is no physical function: it has no VFs",
			pci_addr_text(pf->addr, name));
		return fail_hint(err, "`sluice vf list` shows the devices that can be split");
	}
	if (pool->count == PF_MAX)
		return fail_code(err, CODE_USAGE, E2BIG, "'%s': at most %d physical functions", text, PF_MAX);
	pool->pf[pool->count++] = pf;
	return 0;
}

static int read_pool(const struct host *host, const char *text, struct pool *pool, struct error *err)
{
	char list[512], *rest = list, *word;

	if (!text_copy(list, sizeof(list), text + strlen(PREFIX)) || !list[0])
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' names no physical function", text);
	for (size_t i = 0; !strcmp(list, "any") && i < host->pci.count; i++)
		if (host->pci.devices[i].sriov.num_vfs && pool->count < PF_MAX)
			pool->pf[pool->count++] = &host->pci.devices[i];
	if (!strcmp(list, "any"))
		return 0;
	while ((word = strsep(&rest, "+"))) {
		const struct pci_device *pf;
		int ret = pci_select(&host->root, &host->pci, word, &pf, err);

		if (!ret)
			ret = add_pf(pool, pf, text, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* May this process run on a processor of the node? Without nodes: yes. */
static bool is_near(const struct sysroot *root, int node)
{
	cpu_set_t set;

	if (node < 0 || root->captured || sched_getaffinity(0, sizeof(set), &set) < 0)
		return true;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && sysroot_exists(root, "sys/devices/system/cpu/cpu%d/node%d", cpu, node))
			return true;
	return false;
}

static bool has_link(const struct sysroot *root, const struct pci_device *pf)
{
	uint64_t carrier;

	return !pf->netdev_count ||
	       (!sysroot_read_u64(root, &carrier, "sys/class/net/%s/carrier", pf->netdevs[0].text) && carrier);
}

/* The lower the better. */
static unsigned int rank(const struct host *host, const struct pci_device *pf)
{
	return (is_near(&host->root, pf->numa_node) ? 0 : 2) + (has_link(&host->root, pf) ? 0 : 1);
}

static bool is_taken(const struct pci_addr *taken, size_t count, struct pci_addr addr)
{
	for (size_t i = 0; i < count; i++)
		if (!pci_addr_compare(taken[i], addr))
			return true;
	return false;
}

static bool is_offline(const struct host *host, const struct pci_device *vf)
{
	struct nvme_vf state;

	return vf->class == CLASS_NVME && nvme_vf_read(&host->root, vf, &state) >= 0 && !state.online;
}

static bool is_free(const struct host *host, const struct pci_device *vf, struct tally *tally)
{
	struct lease lease;
	struct error ignored = { 0 };

	tally->vfs++;
	if (lease_read(&host->root, vf->addr, &lease, NULL) != 0)
		tally->leased++;
	else if (vf->driver[0])
		tally->driven++;
	else if (assign_check(host, vf, &ignored) < 0)
		tally->used++;
	else if (is_offline(host, vf))
		tally->offline++;
	else
		return true;
	return false;
}

static const struct pci_device *free_vf_of(const struct host *host, const struct pci_device *pf,
	const struct pci_addr *taken, size_t taken_count, struct tally *tally)
{
	const struct pci_device *best = NULL;

	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *vf = &host->pci.devices[i];

		if (vf->is_vf && !pci_addr_compare(vf->pf, pf->addr) && (!best || vf->vf_index < best->vf_index) &&
			!is_taken(taken, taken_count, vf->addr) && is_free(host, vf, tally))
			best = vf;
	}
	return best;
}

static int none_is_free(const char *text, const struct tally *tally, struct error *err)
{
	fail_code(err, CODE_DEV_IN_USE, EBUSY,
		"'%s': no VF is free: of %u %u have leases, %u have a driver of the host, %u are used otherwise, %u "
		"are "
		"offline",
		text, tally->vfs, tally->leased, tally->driven, tally->used, tally->offline);
	return fail_hint(err, "`sluice vf list` shows who has them; `sluice gc` takes back what dead guests left; "
			      "`sluice vf create` makes "
			      "VFs");
}

/* May a guest have it? The operator may have bound it already, for this. */
static bool is_available(const struct host *host, const struct pci_device *device, struct error *err)
{
	return assign_check_guest(host, device, err) >= 0 && assign_check(host, device, err) >= 0 &&
	       !is_offline(host, device);
}

/* The first of a list, in its own order: a pool's members. err says of the last why not. */
static int pick_first(const struct host *host, const char *text, const struct pci_addr *taken, size_t taken_count,
	const struct pci_device **ret_device, struct error *err)
{
	cleanup_free char *list = strdup(text + strlen(FIRST_PREFIX));
	struct error why = { .errnum = 0 };
	char *rest = list, *word;
	size_t looked = 0;

	while (list && (word = strsep(&rest, ","))) {
		const struct pci_device *device;

		looked++;
		if (pci_select(&host->root, &host->pci, word, &device, &why) < 0)
			continue;
		if (is_taken(taken, taken_count, device->addr) || !is_available(host, device, &why))
			continue;
		*ret_device = device;
		return 0;
	}
	fail_code(err, CODE_DEV_IN_USE, EBUSY, "none of %zu devices can be taken%s%s", looked,
		why.errnum ? "; of the last: " : "", why.errnum ? why.msg : "");
	return fail_hint(err, "`sluice list` shows who has them; `sluice gc` takes back what dead guests left");
}

int device_pick(const struct host *host, const char *text, const struct pci_addr *taken, size_t taken_count,
	const struct pci_device **ret_device, struct error *err)
{
	struct pool pool = { .count = 0 };
	struct tally tally = { 0 };
	int ret;

	if (text_starts_with(text, FIRST_PREFIX))
		return pick_first(host, text, taken, taken_count, ret_device, err);
	if (!device_pick_is_free(text))
		return pci_select(&host->root, &host->pci, text, ret_device, err);
	ret = read_pool(host, text, &pool, err);
	if (ret < 0)
		return ret;
	for (unsigned int wanted = 0; wanted < 4; wanted++)
		for (size_t i = 0; i < pool.count; i++) {
			const struct pci_device *vf = rank(host, pool.pf[i]) == wanted
							      ? free_vf_of(host, pool.pf[i], taken, taken_count, &tally)
							      : NULL;

			if (!vf)
				continue;
			*ret_device = vf;
			return 0;
		}
	return none_is_free(text, &tally, err);
}
