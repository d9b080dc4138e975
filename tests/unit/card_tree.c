// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards in a temporary tree; see card_tree.h. */
#include "tests/unit/card_tree.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIZE = 512,
	AT_EXPRESS = 0x40,
	AT_SERIAL = 0x100,
	AT_ACS = 0x140,
};

static void put_config(const struct temp_tree *tree, const char *path, const struct card *card)
{
	unsigned char config[SIZE] = { 0 };
	unsigned int octet[8];
	char full[1024];
	FILE *file;

	config[0x06] = 0x10; /* a capability list */
	config[0x34] = AT_EXPRESS;
	config[AT_EXPRESS] = 0x10;
	config[AT_SERIAL] = card->serial ? 0x03 : 0x02;
	config[AT_SERIAL + 2] = 1 | (AT_ACS & 0xf) << 4;
	config[AT_SERIAL + 3] = AT_ACS >> 4;
	if (card->serial) {
		assert(sscanf(card->serial, "%2x-%2x-%2x-%2x-%2x-%2x-%2x-%2x", &octet[0], &octet[1], &octet[2],
			       &octet[3], &octet[4], &octet[5], &octet[6], &octet[7]) == 8);
		for (int i = 0; i < 8; i++)
			config[AT_SERIAL + 11 - i] = (unsigned char)octet[i];
	}
	config[AT_ACS] = card->acs ? 0x0d : 0x15;
	config[AT_ACS + 2] = 1;
	config[AT_ACS + 4] = card->acs >> 16 & 0xff;
	config[AT_ACS + 6] = card->acs & 0xff;
	temp_tree_file(tree, path, "");
	snprintf(full, sizeof(full), "%s/%s", tree->path, path);
	file = fopen(full, "w");
	if (!file || fwrite(config, 1, SIZE, file) != SIZE || fclose(file))
		abort();
}

static const char *address_of(const struct card *card)
{
	const char *slash = strrchr(card->chain, '/');

	return slash ? slash + 1 : card->chain;
}

static void put_netdev(const struct temp_tree *tree, const struct card *card)
{
	char path[512], target[512];

	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/net/%s/address", card->chain, card->netdev);
	temp_tree_file(tree, path, card->mac);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/net/%s/addr_assign_type", card->chain, card->netdev);
	temp_tree_file(tree, path, "0\n");
	snprintf(path, sizeof(path), "sys/class/net/%s", card->netdev);
	snprintf(target, sizeof(target), "../../devices/pci0000:00/%s/net/%s", card->chain, card->netdev);
	temp_tree_link(tree, path, target);
}

void card_put(const struct temp_tree *tree, const struct card *card)
{
	char path[512], text[512];

	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/uevent", card->chain);
	snprintf(text, sizeof(text), "%s%s%sPCI_CLASS=%X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\n",
		card->driver ? "DRIVER=" : "", card->driver ? card->driver : "", card->driver ? "\n" : "", card->class,
		card->vendor, card->device, card->subsystem_vendor, card->subsystem);
	temp_tree_file(tree, path, text);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/config", card->chain);
	put_config(tree, path, card);
	if (card->group >= 0) {
		snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/iommu_group", card->chain);
		snprintf(text, sizeof(text), "../../../kernel/iommu_groups/%d", card->group);
		temp_tree_link(tree, path, text);
	}
	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s", address_of(card));
	snprintf(text, sizeof(text), "../../../devices/pci0000:00/%s", card->chain);
	temp_tree_link(tree, path, text);
	if (card->netdev)
		put_netdev(tree, card);
}

void card_put_vf(const struct temp_tree *tree, const struct card *vf, const char *pf, int index)
{
	char path[512], text[64];

	card_put(tree, vf);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/virtfn%d", pf, index);
	snprintf(text, sizeof(text), "../%s", address_of(vf));
	temp_tree_link(tree, path, text);
	snprintf(path, sizeof(path), "sys/devices/pci0000:00/%s/sriov_totalvfs", pf);
	temp_tree_file(tree, path, "7\n");
}
