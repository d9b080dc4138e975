// SPDX-License-Identifier: GPL-2.0-or-later
/* Users of made-up hosts, and the disks and links that they are made of; see expect_users.h. */
#include "tests/unit/expect_users.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct pci_users users_of(const struct fake_sysfs *fake, const char *address)
{
	struct pci_inventory inventory = fake_inventory(fake);
	struct pci_users users = { 0 };
	struct pci_addr addr;

	assert_int_equal(pci_addr_parse(address, &addr), 0);
	assert_int_equal(
		pci_users_read(&fake->root, &inventory, pci_inventory_find(&inventory, addr), &users, NULL), 0);
	pci_inventory_done(&inventory);
	return users;
}

void expect_user(const struct fake_sysfs *fake, const char *address, const char *kind, const char *what,
	enum pci_user_severity severity)
{
	struct pci_users users = users_of(fake, address);
	size_t found = 0;

	for (size_t i = 0; i < users.count; i++)
		if (!strcmp(users.user[i].kind, kind) && strstr(users.user[i].what, what)) {
			assert_int_equal(users.user[i].severity, severity);
			found++;
		}
	if (found != 1) {
		print_error("%zu users are \"%s: %s\" among:\n", found, kind, what);
		for (size_t i = 0; i < users.count; i++)
			print_error("  %s: %s\n", users.user[i].kind, users.user[i].what);
	}
	assert_int_equal(found, 1);
	pci_users_done(&users);
}

void expect_no_user(const struct fake_sysfs *fake, const char *address, const char *kind)
{
	struct pci_users users = users_of(fake, address);

	for (size_t i = 0; i < users.count; i++)
		assert_string_not_equal(users.user[i].kind, kind);
	pci_users_done(&users);
}

void expect_nobody(const struct fake_sysfs *fake, const char *address)
{
	struct pci_users users = users_of(fake, address);

	for (size_t i = 0; i < users.count; i++)
		print_error("  %s: %s\n", users.user[i].kind, users.user[i].what);
	assert_int_equal(users.count, 0);
	assert_false(users.incomplete);
	pci_users_done(&users);
}

void fake_partition(
	struct fake_sysfs *fake, const char *address, const char *disk, const char *name, const char *device)
{
	char target[192];

	fake_file(fake, "1\n", "sys/devices/pci0000:00/%s/block/%s/%s/partition", address, disk, name);
	fake_file(fake, device, "sys/devices/pci0000:00/%s/block/%s/%s/dev", address, disk, name);
	snprintf(target, sizeof(target), "../../devices/pci0000:00/%s/block/%s/%s", address, disk, name);
	fake_link(fake, target, "sys/class/block/%s", name);
}

void fake_stacked(struct fake_sysfs *fake, const char *name, const char *device, const char *const *members)
{
	char target[128];

	fake_file(fake, device, "sys/devices/virtual/block/%s/dev", name);
	snprintf(target, sizeof(target), "../../devices/virtual/block/%s", name);
	fake_link(fake, target, "sys/class/block/%s", name);
	for (; *members; members++) {
		snprintf(target, sizeof(target), "../../../../../class/block/%s", *members);
		fake_link(fake, target, "sys/devices/virtual/block/%s/slaves/%s", name, *members);
		snprintf(target, sizeof(target), "../../%s", name);
		fake_link(fake, target, "sys/class/block/%s/holders/%s", *members, name);
	}
}

void fake_upper(struct fake_sysfs *fake, const char *name, const char *type, const char *const *lowers)
{
	char text[128];

	snprintf(text, sizeof(text), "INTERFACE=%s\n%s%s", name, type ? "DEVTYPE=" : "", type ? type : "");
	fake_file(fake, text, "sys/devices/virtual/net/%s/uevent", name);
	snprintf(text, sizeof(text), "../../devices/virtual/net/%s", name);
	fake_link(fake, text, "sys/class/net/%s", name);
	for (; *lowers; lowers++) {
		snprintf(text, sizeof(text), "../%s", *lowers);
		fake_link(fake, text, "sys/devices/virtual/net/%s/lower_%s", name, *lowers);
		snprintf(text, sizeof(text), "../%s", name);
		fake_link(fake, text, "sys/class/net/%s/upper_%s", *lowers, name);
	}
}
