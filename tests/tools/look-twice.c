// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * look-twice DIR TIMES: reads the inventory of the tree below DIR as if it were this host, and looks again TIMES - 1
 * times. What the second look costs is the difference in system calls; see tests/bench/list.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pci/pci.h"

int main(int argc, char **argv)
{
	struct sysroot root;
	struct pci_inventory inventory;
	struct error err = { 0 };
	int changed = 0;

	if (argc != 3 || sysroot_open(&root, argv[1], &err) < 0)
		return 2;
	root.captured = false; /* a captured host announces nothing, so that it is always read again */
	if (pci_inventory_read(&root, PCI_LOOK_NAMES, &inventory, &err) < 0) {
		fprintf(stderr, "look-twice: %s\n", err.msg);
		return 1;
	}
	for (int i = 1; i < atoi(argv[2]); i++)
		changed |= pci_inventory_refresh(&root, &inventory, &err);
	printf("%zu functions, %s\n", inventory.count, changed ? "read again" : "unchanged");
	pci_inventory_done(&inventory);
	sysroot_close(&root);
	return changed != 0;
}
