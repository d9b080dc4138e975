// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records of this host's devices: taken from the inventory, kept below /var/lib/sluice, whole or not at all; see
 * record.h.
 */
#include "assign/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "os/run_dir.h"
#include "os/state_dir.h"
#include "pci/capability.h"

#define STATE_DIR "var/lib/sluice"

enum {
	RECORD_SIZE_MAX = 16 << 20,
	ACS_CAPABILITY = 4,
	ACS_CONTROL = 6,
};

static const char current_name[] = "devices.json";
static const char previous_name[] = "devices.previous.json";

void record_done(struct record *record)
{
	if (!record)
		return;
	free(record->device);
	*record = (struct record){ 0 };
}

/* Taken ------------------------------------------------------------------------------------------------------------ */

static int64_t read_acs(const struct sysroot *root, struct pci_addr addr)
{
	struct pci_capabilities list = { 0 };
	const struct pci_capability *acs;
	struct pci_config config;

	if (pci_config_read(root, addr, &config) < 0)
		return -1;
	pci_capabilities_list(&config, &list);
	acs = pci_capability_find(&list, true, PCI_EXT_ACS);
	if (!acs || acs->offset + 8u > config.size)
		return -1;
	return (int64_t)pci_config_value(&config, acs->offset + ACS_CAPABILITY, 2) << 16 |
	       pci_config_value(&config, acs->offset + ACS_CONTROL, 2);
}

static void take_device(const struct host *host, const struct pci_device *device, struct record_device *ret)
{
	struct lease lease;

	*ret = (struct record_device){
		.addr = device->addr,
		.group = device->iommu_group,
		.acs = read_acs(&host->root, device->addr),
		.netdev_count = device->netdev_count,
	};
	pci_identity_read(&host->root, &host->pci, device, false, &ret->identity);
	memcpy(ret->netdevs, device->netdevs, sizeof(ret->netdevs));
	if (lease_read(&host->root, device->addr, &lease, NULL) == 1)
		text_copy(ret->driver, sizeof(ret->driver), lease.before.driver);
	else
		text_copy(ret->driver, sizeof(ret->driver), device->driver);
}

static int settle(struct record *record, struct error *err)
{
	cleanup_free struct pci_identity **list = calloc(record->count + 1, sizeof(*list));

	if (!list)
		return fail(err, ENOMEM, "take a record of the devices");
	for (size_t i = 0; i < record->count; i++)
		list[i] = &record->device[i].identity;
	pci_identities_settle(list, record->count);
	return 0;
}

static void take_heading(const struct sysroot *root, struct record *record)
{
	time_t now = time(NULL);
	struct tm utc;

	sysroot_read_text(root, record->kernel, sizeof(record->kernel), "proc/sys/kernel/osrelease");
	sysroot_read_text(root, record->boot_id, sizeof(record->boot_id), "proc/sys/kernel/random/boot_id");
	if (!root->captured && gmtime_r(&now, &utc))
		strftime(record->time, sizeof(record->time), "%Y-%m-%dT%H:%M:%SZ", &utc);
}

int record_take(const struct host *host, struct record *ret_record, struct error *err)
{
	struct record record = { .device = calloc(host->pci.count + 1, sizeof(*record.device)) };
	int ret;

	if (!record.device)
		return fail(err, ENOMEM, "take a record of the devices");
	take_heading(&host->root, &record);
	for (size_t i = 0; i < host->pci.count; i++)
		if (!host->pci.devices[i].is_vf) {
			take_device(host, &host->pci.devices[i], &record.device[record.count]);
			record.count += record.device[record.count].identity.path[0] != '\0';
		}
	ret = settle(&record, err);
	if (ret < 0) {
		record_done(&record);
		return ret;
	}
	*ret_record = record;
	return 0;
}

/* Kept ------------------------------------------------------------------------------------------------------------- */

int record_read(const struct sysroot *root, bool previous, struct record *ret_record, struct error *err)
{
	const char *name = previous ? previous_name : current_name;
	cleanup_free char *text = malloc(RECORD_SIZE_MAX);
	ssize_t size;
	int ret;

	if (!text)
		return fail(err, ENOMEM, "read the record of devices");
	size = sysroot_read_bytes(root, text, RECORD_SIZE_MAX, STATE_DIR "/%s", name);
	if (size == -ENOENT || size == -ENOTDIR)
		return 0;
	if (size < 0)
		return fail(err, (int)-size, "read %s/" STATE_DIR "/%s", root->path, name);
	ret = record_from_json(text, (size_t)size, ret_record, err);
	if (ret < 0) {
		fail_in(err, "%s/" STATE_DIR "/%s", root->path, name);
		return fail_hint(err, "remove it; the next command that changes the host writes a new one");
	}
	return 1;
}

/* Which devices there are, at which addresses: when that is as recorded in this boot, the record stays. */
static bool is_current(const struct record *record, const struct host *host)
{
	char boot_id[sizeof(record->boot_id)];
	size_t at = 0;

	if (sysroot_read_text(&host->root, boot_id, sizeof(boot_id), "proc/sys/kernel/random/boot_id") <= 0 ||
		strcmp(boot_id, record->boot_id) != 0)
		return false;
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *device = &host->pci.devices[i];
		const struct record_device *known = &record->device[at];

		if (device->is_vf)
			continue;
		if (at++ >= record->count || pci_addr_compare(known->addr, device->addr) ||
			known->identity.vendor_id != device->vendor_id ||
			known->identity.device_id != device->device_id)
			return false;
	}
	return at == record->count;
}

static int write_record(const struct host *host, const struct record *record, bool keep_old, struct error *err)
{
	cleanup_free char *text = record_to_json(record);
	cleanup_close int dir = -1;
	int ret = text ? state_dir_open(&host->root, NULL, true, &dir) : -ENOMEM;

	if (!ret && keep_old && renameat(dir, current_name, dir, previous_name) && errno != ENOENT)
		ret = -errno;
	if (!ret)
		ret = run_dir_write(dir, current_name, text, NULL);
	return ret < 0 ? fail(err, -ret, "write /" STATE_DIR "/%s", current_name) : 0;
}

static int keep(const struct host *host, size_t *ret_differences, struct error *err)
{
	cleanup(record_done) struct record before = { 0 };
	cleanup(record_done) struct record now = { 0 };
	cleanup(record_changes_done) struct record_changes changes = { 0 };
	bool is_of_boot;
	/* One that makes no sense is replaced. */
	int known = record_read(&host->root, false, &before, NULL);
	int ret;

	if (known == 1 && is_current(&before, host))
		return 0;
	ret = record_take(host, &now, err);
	if (ret < 0)
		return ret;
	is_of_boot = known == 1 && !strcmp(before.boot_id, now.boot_id);
	ret = known == 1 ? record_compare(&before, &now, &changes, err) : 0;
	if (ret < 0)
		return ret;
	ret = write_record(host, &now, known == 1 && !is_of_boot, err);
	if (ret < 0)
		return ret;
	*ret_differences = changes.count;
	return 0;
}

void record_keep(const struct change *change, struct record_kept *ret_kept)
{
	*ret_kept = (struct record_kept){ .differences = 0 };
	if (!geteuid())
		keep(change_host(change), &ret_kept->differences, &ret_kept->why);
}
