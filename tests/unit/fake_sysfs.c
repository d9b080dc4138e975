// SPDX-License-Identifier: GPL-2.0-or-later
/* A tree of files that looks like sysfs, and the kernel that answers writes to it; see fake_sysfs.h. */
#include "tests/unit/fake_sysfs.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "tests/unit/temp_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define format(path, fmt)                                                                                              \
	do {                                                                                                           \
		va_list args_;                                                                                         \
		va_start(args_, fmt);                                                                                  \
		assert_true((size_t)vsnprintf(path, sizeof(path), fmt, args_) < sizeof(path));                         \
		va_end(args_);                                                                                         \
	} while (0)

static void make_parents(const struct fake_sysfs *fake, const char *path)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(fake->root.fd, part, 0755))
			assert_int_equal(errno, EEXIST);
	}
}

static void put(const struct fake_sysfs *fake, const char *path, const char *text)
{
	int fd;

	make_parents(fake, path);
	fd = openat(fake->root.fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

void fake_file(struct fake_sysfs *fake, const char *text, const char *fmt, ...)
{
	char path[512];

	format(path, fmt);
	put(fake, path, text);
}

void fake_link(struct fake_sysfs *fake, const char *target, const char *fmt, ...)
{
	char path[512];

	format(path, fmt);
	make_parents(fake, path);
	unlinkat(fake->root.fd, path, 0);
	assert_int_equal(symlinkat(target, fake->root.fd, path), 0);
}

void fake_dir(struct fake_sysfs *fake, const char *fmt, ...)
{
	char path[512];

	format(path, fmt);
	make_parents(fake, path);
	if (mkdirat(fake->root.fd, path, 0755))
		assert_int_equal(errno, EEXIST);
}

const struct host_lock *fake_lock(struct fake_sysfs *fake)
{
	if (!fake->lock) {
		fake_dir(fake, "run");
		assert_int_equal(host_lock_take(&fake->root, &fake->lock, NULL), 0);
	}
	return fake->lock;
}

void fake_unlock(struct fake_sysfs *fake)
{
	host_lock_drop(fake->lock);
	fake->lock = NULL;
}

void fake_driver(struct fake_sysfs *fake, const char *driver)
{
	fake_file(fake, "", "sys/bus/pci/drivers/%s/unbind", driver);
}

static void set_driver(struct fake_sysfs *fake, const char *address, const char *driver)
{
	char target[128];
	char uevent[512];
	char *old;

	assert_true(
		sysroot_read_text(&fake->root, uevent, sizeof(uevent), "sys/bus/pci/devices/%s/uevent", address) > 0);
	old = strstr(uevent, "\nDRIVER=");
	if (old)
		*old = '\0';
	fake_file(fake, uevent, "sys/bus/pci/devices/%s/uevent", address);
	snprintf(target, sizeof(target), "sys/bus/pci/devices/%s/driver", address);
	unlinkat(fake->root.fd, target, 0);
	if (!driver)
		return;
	fake_driver(fake, driver);
	snprintf(uevent + strlen(uevent), sizeof(uevent) - strlen(uevent), "\nDRIVER=%s\n", driver);
	fake_file(fake, uevent, "sys/bus/pci/devices/%s/uevent", address);
	snprintf(target, sizeof(target), "../../../bus/pci/drivers/%s", driver);
	fake_link(fake, target, "sys/bus/pci/devices/%s/driver", address);
}

void fake_pci(struct fake_sysfs *fake, const struct fake_device *device)
{
	char text[256];
	const char *base = "sys/devices/pci0000:00";

	snprintf(text, sizeof(text), "../../../devices/pci0000:00/%s", device->address);
	fake_dir(fake, "%s/%s", base, device->address);
	fake_link(fake, text, "sys/bus/pci/devices/%s", device->address);
	snprintf(text, sizeof(text), "PCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=%s",
		device->class, device->vendor, device->device, device->address);
	fake_file(fake, text, "%s/%s/uevent", base, device->address);
	fake_file(fake, "-1\n", "%s/%s/numa_node", base, device->address);
	fake_file(fake, "(null)\n", "%s/%s/driver_override", base, device->address);
	set_driver(fake, device->address, device->driver);
	if (device->group >= 0) {
		snprintf(text, sizeof(text), "../../../kernel/iommu_groups/%d", device->group);
		fake_link(fake, text, "%s/%s/iommu_group", base, device->address);
		snprintf(text, sizeof(text), "../../../../devices/pci0000:00/%s", device->address);
		fake_link(fake, text, "sys/kernel/iommu_groups/%d/devices/%s", device->group, device->address);
	}
	if (device->total_vfs) {
		snprintf(text, sizeof(text), "%u\n", device->total_vfs);
		fake_file(fake, text, "%s/%s/sriov_totalvfs", base, device->address);
		fake_file(fake, "0\n", "%s/%s/sriov_numvfs", base, device->address);
		fake_file(fake, "1\n", "%s/%s/sriov_drivers_autoprobe", base, device->address);
	}
}

void fake_child(struct fake_sysfs *fake, const char *address, const char *class, const char *name)
{
	char target[256];

	fake_dir(fake, "sys/devices/pci0000:00/%s/%s/%s", address, class, name);
	snprintf(target, sizeof(target), "../../devices/pci0000:00/%s/%s/%s", address, class, name);
	fake_link(fake, target, "sys/class/%s/%s", class, name);
	if (strcmp(class, "block"))
		return;
	snprintf(target, sizeof(target), "../devices/pci0000:00/%s/%s/%s", address, class, name);
	fake_link(fake, target, "sys/block/%s", name);
}

struct pci_inventory fake_inventory(const struct fake_sysfs *fake)
{
	struct pci_inventory inventory = { 0 };

	assert_int_equal(pci_inventory_read(&fake->root, 0, &inventory, NULL), 0);
	return inventory;
}

const char *fake_driver_of(const struct fake_sysfs *fake, const char *address, char buf[static 64])
{
	if (sysroot_read_link_name(&fake->root, buf, 64, "sys/bus/pci/devices/%s/driver", address) < 0)
		buf[0] = '\0';
	return buf;
}

int fake_log_find(const struct fake_sysfs *fake, const char *path_end, const char *text)
{
	char wanted[128];

	snprintf(wanted, sizeof(wanted), "%s=%s", path_end, text);
	for (size_t i = 0; i < fake->log_count; i++) {
		size_t length = strlen(fake->log[i]);

		if (length >= strlen(wanted) && !strcmp(fake->log[i] + length - strlen(wanted), wanted))
			return (int)i;
	}
	return -1;
}

/* The kernel ------------------------------------------------------------------------------------------------------ */

static int kernel_unbind(struct fake_sysfs *fake, const char *address)
{
	if (fake->unbind_errno)
		return -fake->unbind_errno;
	set_driver(fake, address, NULL);
	return 0;
}

/* A probe answers success whether a driver took the device or not. */
static int kernel_probe(struct fake_sysfs *fake, const char *address)
{
	char driver[64];
	char now[64];

	if (fake_driver_of(fake, address, now)[0])
		return 0;
	assert_true(sysroot_read_text(&fake->root, driver, sizeof(driver), "sys/bus/pci/devices/%s/driver_override",
			    address) >= 0);
	if (!strcmp(driver, "(null)"))
		text_copy(driver, sizeof(driver), fake->native_driver ? fake->native_driver : "");
	if (!driver[0] || !sysroot_exists(&fake->root, "sys/bus/pci/drivers/%s", driver) ||
		(fake->refused_driver && !strcmp(driver, fake->refused_driver)))
		return 0;
	for (size_t i = 0; i < array_size(fake->refusal) && fake->refusal[i].address; i++)
		if (!strcmp(fake->refusal[i].address, address) && !strcmp(fake->refusal[i].driver, driver))
			return 0;
	set_driver(fake, address, driver);
	return 0;
}

static void make_vf(struct fake_sysfs *fake, const char *pf, unsigned int index)
{
	char address[16];
	char target[64];
	const struct fake_device vf = { address, 0x8086, 0x10ca, 0x020000, NULL, 20 + (int)index, 0 };

	snprintf(address, sizeof(address), "0000:01:10.%u", index);
	fake_pci(fake, &vf);
	snprintf(target, sizeof(target), "../%s", pf);
	fake_link(fake, target, "sys/devices/pci0000:00/%s/physfn", address);
	snprintf(target, sizeof(target), "../%s", address);
	fake_link(fake, target, "sys/devices/pci0000:00/%s/virtfn%u", pf, index);
}

static void remove_vf(struct fake_sysfs *fake, const char *pf, unsigned int index)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/0000:01:10.%u", index);
	unlinkat(fake->root.fd, path, 0);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/virtfn%u", pf, index);
	unlinkat(fake->root.fd, path, 0);
}

static int kernel_numvfs(struct fake_sysfs *fake, const char *pf, const char *text)
{
	uint64_t count = 0;
	uint64_t now = 0;

	assert_int_equal(text_to_u64(text, UINT16_MAX, &count), 0);
	sysroot_read_u64(&fake->root, &now, "sys/bus/pci/devices/%s/sriov_numvfs", pf);
	if (count && now)
		return -EBUSY;
	if (count && fake->numvfs_errno)
		return -fake->numvfs_errno;
	if (!count && fake->keeps_vfs)
		return 0;
	for (unsigned int i = 0; i < now; i++)
		remove_vf(fake, pf, i);
	for (unsigned int i = 0; i + fake->missing_vfs < count; i++)
		make_vf(fake, pf, i);
	fake_file(fake, text, "sys/bus/pci/devices/%s/sriov_numvfs", pf);
	return 0;
}

static int do_write(const struct sysroot *root, const char *path, const char *text)
{
	struct fake_sysfs *fake = root->write_context;
	char address[32] = "";
	const char *attribute = strrchr(path, '/') + 1;

	assert_true(fake->log_count < FAKE_LOG_MAX);
	snprintf(fake->log[fake->log_count], sizeof(fake->log[0]), "%s=%s", path, text);
	text_chomp(fake->log[fake->log_count++]);
	if (!sysroot_exists(root, "%s", path) && strcmp(attribute, "drivers_probe"))
		return -ENOENT;
	sscanf(path, "sys/bus/pci/devices/%31[^/]", address);
	if (!strcmp(attribute, "drivers_probe"))
		return kernel_probe(fake, text);
	if (!strcmp(attribute, "unbind"))
		return kernel_unbind(fake, text);
	if (!strcmp(attribute, "sriov_numvfs"))
		return kernel_numvfs(fake, address, text);
	if (!strcmp(attribute, "reset"))
		return -fake->reset_errno;
	if (!strcmp(attribute, "driver_override")) {
		put(fake, path, text[0] == '\n' ? "(null)\n" : text);
		return 0;
	}
	put(fake, path, text);
	return 0;
}

/* kill -9 of the program and of the process that writes for it. */
static int kernel_write(const struct sysroot *root, const char *path, const char *text)
{
	struct fake_sysfs *fake = root->write_context;
	bool last = fake->killed_at && !--fake->killed_at;
	int ret;

	if (last && fake->killed_before)
		kill(getpid(), SIGKILL);
	ret = do_write(root, path, text);
	if (last)
		kill(getpid(), SIGKILL);
	return ret;
}

struct fake_sysfs *fake_sysfs_new(bool captured)
{
	struct fake_sysfs *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	snprintf(fake->dir, sizeof(fake->dir), "%s/fake-sysfs-XXXXXX", temp_tree_base());
	assert_non_null(mkdtemp(fake->dir));
	assert_int_equal(sysroot_open(&fake->root, fake->dir, NULL), 0);
	fake->root.captured = captured;
	fake->root.write = kernel_write;
	fake->root.write_context = fake;
	fake_dir(fake, "sys/bus/pci/devices");
	fake_dir(fake, "sys/bus/pci/drivers");
	return fake;
}

static int remove_entry(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

void fake_sysfs_free(struct fake_sysfs *fake)
{
	if (!fake)
		return;
	fake_unlock(fake);
	sysroot_close(&fake->root);
	nftw(fake->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(fake);
}
