// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sriov_numvfs, unbind, driver_override and drivers_probe of an eswitch's device and its VFs
 * (Documentation/ABI/testing/sysfs-bus-pci); see eswitch_vfs.h.
 */
#include "sriov/eswitch_vfs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "os/timed_write.h"
#include "sriov/sriov.h"

#define VF "sys/bus/pci/devices/%s"

enum {
	NUMVFS_SECONDS = 120,
	DRIVER_SECONDS = 60,
};

unsigned int eswitch_vfs_count(const struct sysroot *root, const struct devlink_handle *handle)
{
	uint64_t count = 0;

	if (sysroot_read_u64(root, &count, "sys/bus/%s/devices/%s/sriov_numvfs", handle->bus, handle->name) < 0 ||
		count > UINT16_MAX)
		return 0;
	return (unsigned int)count;
}

static int set_plain(
	const struct host_lock *lock, const struct devlink_handle *handle, unsigned int count, struct error *err)
{
	const struct sysroot *root = host_lock_root(lock);
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%u", count);
	ret = sysroot_write_timed(
		root, text, NUMVFS_SECONDS, "sys/bus/%s/devices/%s/sriov_numvfs", handle->bus, handle->name);
	if (ret == -ETIMEDOUT)
		return fail_code(err, CODE_DRIVER_STUCK, ETIMEDOUT,
			"%s/%s: its driver has not set the number of VFs to %u within %d s", handle->bus, handle->name,
			count, NUMVFS_SECONDS);
	if (!ret && eswitch_vfs_count(root, handle) != count)
		ret = -EIO;
	if (ret < 0) {
		fail_code(err, CODE_FAILED, -ret, "%s/%s: setting the number of VFs to %u: %s", handle->bus,
			handle->name, count, strerror(-ret));
		return fail_hint(err, "`dmesg` may have what the driver says of it");
	}
	return 0;
}

int eswitch_vfs_set(const struct host_lock *lock, const struct devlink_handle *handle, const struct pci_device *pf,
	unsigned int count, struct error *err)
{
	if (eswitch_vfs_count(host_lock_root(lock), handle) == count)
		return 0;
	if (!pf)
		return set_plain(lock, handle, count, err);
	return count ? pf_create_vfs(lock, pf, count, err) : pf_destroy_vfs(lock, pf, err);
}

static bool driver_of(const struct sysroot *root, const char *vf, char *buf, size_t size)
{
	buf[0] = '\0';
	return sysroot_read_link_name(root, buf, size, VF "/driver", vf) == 0;
}

static int unbind_one(const struct sysroot *root, const char *vf, const char *before, struct error *err)
{
	char driver[64];
	int ret;

	(void)before;

	if (!driver_of(root, vf, driver, sizeof(driver)))
		return 0;
	ret = sysroot_write_timed(root, vf, DRIVER_SECONDS, VF "/driver/unbind", vf);
	if (!driver_of(root, vf, driver, sizeof(driver)))
		return 0;
	fail_code(err, CODE_DRIVER_STUCK, ret < 0 ? -ret : EBUSY, "VF %s: its driver %s does not let go of it", vf,
		driver);
	return fail_hint(err, "somebody uses the VF, or the driver hangs: `sluice impact %s` lists users", vf);
}

/*
 * By driver_override, which names one device and one driver: a probe without would also find a driver that was loaded
 * since, and finds none where drivers are kept from VFs (sriov_drivers_autoprobe).
 */
static int bind_one(const struct sysroot *root, const char *vf, const char *driver, struct error *err)
{
	char had[64] = "", now[64];
	int ret;

	if (driver_of(root, vf, now, sizeof(now)) && !strcmp(now, driver))
		return 0;
	sysroot_read_text(root, had, sizeof(had), VF "/driver_override", vf);
	if (!strcmp(had, "(null)"))
		had[0] = '\0';
	ret = sysroot_write_text(root, driver, VF "/driver_override", vf);
	if (!ret)
		ret = sysroot_write_timed(root, vf, DRIVER_SECONDS, "sys/bus/pci/drivers_probe");
	if (!pci_driver_is_vfio(driver))
		sysroot_write_text(root, had[0] ? had : "\n", VF "/driver_override", vf);
	if (driver_of(root, vf, now, sizeof(now)) && !strcmp(now, driver))
		return 0;
	fail_code(err, CODE_PROBE_NOT_TAKEN, ret < 0 ? -ret : ENODEV, "VF %s: its driver %s does not take it back", vf,
		driver);
	return fail_hint(err, "`sluice release %s` tries again; `dmesg` may have what the driver says", vf);
}

/* All of them, whatever becomes of one; the first error is told. */
static int for_each_bound(const struct host_lock *lock, const struct eswitch *before,
	int (*fn)(const struct sysroot *root, const char *vf, const char *driver, struct error *err), struct error *err)
{
	int first = 0;

	for (unsigned int i = 0; i < before->vf_count; i++) {
		char vf[PCI_ADDR_TEXT_SIZE];
		int ret;

		if (!before->vfs[i].has_addr || !before->vfs[i].driver[0])
			continue;
		ret = fn(host_lock_root(lock), pci_addr_text(before->vfs[i].addr, vf), before->vfs[i].driver,
			first ? NULL : err);
		first = first ? first : ret;
	}
	return first;
}

int eswitch_vfs_unbind(const struct host_lock *lock, const struct eswitch *before, struct error *err)
{
	return for_each_bound(lock, before, unbind_one, err);
}

int eswitch_vfs_bind(const struct host_lock *lock, const struct eswitch *before, struct error *err)
{
	return for_each_bound(lock, before, bind_one, err);
}
