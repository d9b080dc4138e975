// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notes about sriov_drivers_autoprobe; see autoprobe.h. A note is an empty promise but for its name: the switch was on.
 */
#include "sriov/autoprobe.h"

#include <errno.h>

#include "base/cleanup.h"
#include "os/run_dir.h"

#define NOTES "autoprobe"
#define DEVICE "sys/bus/pci/devices/%s"

static const char on[] = "1\n";

int autoprobe_note(const struct host_lock *lock, struct pci_addr pf, struct error *err)
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int dir = -1;
	int ret = run_dir_open(host_lock_root(lock), NOTES, true, &dir, err);

	return ret < 0 ? ret : run_dir_write(dir, pci_addr_text(pf, name), on, err);
}

static bool is_off(const struct sysroot *root, const char *name)
{
	uint64_t probing;

	return !sysroot_read_u64(root, &probing, DEVICE "/sriov_drivers_autoprobe", name) && !probing;
}

void autoprobe_settle(const struct host_lock *lock, struct pci_addr pf)
{
	const struct sysroot *root = host_lock_root(lock);
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int dir = -1;

	if (!is_off(root, pci_addr_text(pf, name)) && run_dir_open(root, NOTES, false, &dir, NULL) >= 0)
		run_dir_remove(dir, name, NULL);
}

void autoprobe_recover(const struct host_lock *lock)
{
	const struct sysroot *root = host_lock_root(lock);
	cleanup_close int dir = -1;
	cleanup_dir DIR *list = NULL;
	struct dirent *entry;

	if (run_dir_open(root, NOTES, false, &dir, NULL) < 0 || !(list = run_dir_list(dir)))
		return;
	while ((entry = readdir(list))) {
		char name[PCI_ADDR_TEXT_SIZE];
		struct pci_addr pf;
		uint64_t vfs;

		if (pci_addr_parse(entry->d_name, &pf) < 0)
			continue;
		pci_addr_text(pf, name);
		/* The kernel answers when the PF's driver is done: what the killed one began may still go on. */
		sysroot_read_u64(root, &vfs, DEVICE "/sriov_numvfs", name);
		if (is_off(root, name))
			sysroot_write_text(root, "1", DEVICE "/sriov_drivers_autoprobe", name);
		autoprobe_settle(lock, pf);
	}
}

bool autoprobe_is_left(const struct sysroot *root, struct pci_addr pf)
{
	char name[PCI_ADDR_TEXT_SIZE], text[8];
	cleanup_close int dir = -1;

	pci_addr_text(pf, name);
	return run_dir_open(root, NOTES, false, &dir, NULL) >= 0 && run_dir_read(dir, name, text, sizeof(text)) > 0 &&
	       is_off(root, name);
}
