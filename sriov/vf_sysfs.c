// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of VFs that are files: sriov_vf_msix_count of the VF (Documentation/ABI/testing/sysfs-bus-pci; the VF has no
 * driver then), and the shares of a graphics card that Intel's xe gives (testing/sysfs-driver-intel-xe-sriov): the PF's
 * sriov_admin/vfN/profile/, where N is counted from 1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/timed_write.h"
#include "pci/capability.h"
#include "sriov/vf.h"
#include "sriov/vf_key.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	WRITE_SECONDS = 30,
	PATH_SIZE = 128,
};

/* Where each key is: PF and VF stand for their addresses, N for the number from 1 on. */
static const struct place {
	const char *key, *path;
	bool write_only; /* read back elsewhere */
} places[] = {
	{ "msix", DEVICES "/VF/sriov_vf_msix_count", true },
	{ "exec_quantum_ms", DEVICES "/PF/sriov_admin/vfN/profile/exec_quantum_ms", false },
	{ "preempt_timeout_us", DEVICES "/PF/sriov_admin/vfN/profile/preempt_timeout_us", false },
	{ "sched_priority", DEVICES "/PF/sriov_admin/vfN/profile/sched_priority", false },
	{ "vram_quota", DEVICES "/PF/sriov_admin/vfN/profile/vram_quota", false },
};

static const struct vf_target *target_of(const struct vf_carrier *carrier)
{
	return carrier->target;
}

static bool vf_name(const struct vf_target *target, unsigned int index, char *buf, size_t size)
{
	char pf[PCI_ADDR_TEXT_SIZE];

	return !sysroot_read_link_name(
		target->root, buf, size, DEVICES "/%s/virtfn%u", pci_addr_text(target->pf->addr, pf), index);
}

/* False when the VF is not there. */
static bool path_of(
	const struct vf_target *target, const struct place *place, unsigned int index, char *buf, size_t size)
{
	char pf[PCI_ADDR_TEXT_SIZE], vf[64] = "";
	const char *at;

	if ((at = strstr(place->path, "/VF/"))) {
		if (!vf_name(target, index, vf, sizeof(vf)))
			return false;
		return (size_t)snprintf(buf, size, "%.*s/%s/%s", (int)(at - place->path), place->path, vf, at + 4) <
		       size;
	}
	at = strstr(place->path, "/vfN/");
	return (size_t)snprintf(buf, size, DEVICES "/%s/sriov_admin/vf%u/%s", pci_addr_text(target->pf->addr, pf),
		       index + 1, at + 5) < size;
}

static const struct vf_key *key_of(const struct place *place)
{
	const struct vf_key *key = NULL;

	while ((key = vf_key_next(key)) && strcmp(key->name, place->key) != 0)
		;
	return key;
}

/* The table size of a VF's MSI-X capability is what sriov_vf_msix_count changes. */
static void read_vectors(const struct vf_target *target, unsigned int index, struct vf_settings *settings)
{
	struct pci_addr addr;
	char vf[64], path[PATH_SIZE];
	int vectors;

	if (!path_of(target, &places[0], index, path, sizeof(path)) || !sysroot_exists(target->root, "%s", path) ||
		!vf_name(target, index, vf, sizeof(vf)) || pci_addr_parse(vf, &addr) < 0)
		return;
	vectors = pci_msix_vectors(target->root, addr);
	if (vectors > 0)
		settings->msix = vectors;
}

/* "low [normal] high" and "normal" both. */
static void take_text(const struct place *place, char *text, struct vf_settings *settings)
{
	char assignment[96], *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;

	if (close) {
		*close = '\0';
		text = open + 1;
	}
	snprintf(assignment, sizeof(assignment), "%s=%s", place->key, text);
	vf_settings_parse(settings, assignment, NULL);
}

static void read_one(const struct vf_target *target, unsigned int index, struct vf_settings *settings)
{
	read_vectors(target, index, settings);
	for (size_t i = 0; i < array_size(places); i++) {
		char path[PATH_SIZE], text[64];

		if (!places[i].write_only && path_of(target, &places[i], index, path, sizeof(path)) &&
			sysroot_read_text(target->root, text, sizeof(text), "%s", path) > 0)
			take_text(&places[i], text, settings);
	}
}

static int read_all(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max, size_t *ret_count,
	struct error *err)
{
	const struct vf_target *target = target_of(carrier);
	char vf[64];
	size_t count = 0;

	(void)err;
	while (count < max && vf_name(target, (unsigned int)count, vf, sizeof(vf))) {
		vf_settings_init(&ret_settings[count]);
		read_one(target, (unsigned int)count, &ret_settings[count]);
		count++;
	}
	*ret_count = count;
	return 0;
}

static int refused(
	const struct vf_carrier *carrier, const struct place *place, unsigned int index, int errnum, struct error *err)
{
	fail_code(err, errnum == EACCES || errnum == EPERM ? CODE_NOT_ROOT : CODE_VF_REJECTED, errnum,
		"VF %u of %s: %s: %s", index, carrier->ifname, place->key,
		errnum == ENOENT ? "this device and kernel have no such setting" : strerror(errnum));
	if (errnum == EBUSY && place->write_only)
		return fail_hint(err, "vectors change only while no driver has the VF: `sluice release` it first");
	if (errnum == EOPNOTSUPP && place->write_only)
		return fail_hint(err, "the PF's driver has to be bound, and to know how (mlx5_core does)");
	if (errnum == EINVAL || errnum == ENOSPC || errnum == ERANGE)
		return fail_hint(err, "`sluice vf capacity` shows what the card has; others may hold the rest");
	return fail_hint(err, "nothing was changed by this");
}

static int write_place(const struct vf_carrier *carrier, const struct place *place, unsigned int index,
	const struct vf_settings *settings, struct error *err)
{
	const struct vf_target *target = target_of(carrier);
	const struct vf_key *key = key_of(place);
	char path[PATH_SIZE], text[64];
	struct timed_write write = { .path = path };
	int ret;

	if (!vf_key_is_set(key, settings))
		return 0;
	if (!path_of(target, place, index, path, sizeof(path)))
		return fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s has no VF %u", carrier->ifname, index);
	vf_key_text(key, settings, text, sizeof(text));
	write.text = strchr(text, '=') + 1;
	ret = sysroot_exists(target->root, "%s", path) ? sysroot_write_timed_all(target->root, &write, 1, WRITE_SECONDS)
						       : -ENOENT;
	return ret < 0 ? refused(carrier, place, index, -ret, err) : 0;
}

static int write_one(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	for (size_t i = 0; i < array_size(places); i++) {
		int ret = write_place(carrier, &places[i], index, settings, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

bool vf_sysfs_carrier(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier)
{
	char pf[PCI_ADDR_TEXT_SIZE];

	pci_addr_text(target->pf->addr, pf);
	if (!sysroot_exists(target->root, DEVICES "/%s/sriov_vf_total_msix", pf) &&
		!sysroot_exists(target->root, DEVICES "/%s/sriov_admin", pf))
		return false;
	*ret_carrier = (struct vf_carrier){
		.read_all = read_all,
		.write = write_one,
		.ifname = name,
		.target = target,
	};
	return true;
}
