// SPDX-License-Identifier: GPL-2.0-or-later
/* Network devices that name a port of a switch (Documentation/ABI/testing/sysfs-class-net); see representor.h. */
#include "sriov/representor.h"

#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define NET "sys/class/net/%s"

enum {
	NUMBER_MAX = 1 << 24,
};

/* A prefix and a number: "vf3". Moves *at behind it. */
static bool take_part(const char **at, const char *prefix, int *ret_number)
{
	size_t length = strlen(prefix);
	char *end;
	unsigned long number;

	if (strncmp(*at, prefix, length) != 0 || (*at)[length] < '0' || (*at)[length] > '9')
		return false;
	number = strtoul(*at + length, &end, 10);
	if (number > NUMBER_MAX)
		return false;
	*ret_number = (int)number;
	*at = end;
	return true;
}

bool representor_port_parse(const char *name, struct representor_port *ret_port)
{
	struct representor_port port = { REPRESENTOR_NONE, REPRESENTOR_NONE, REPRESENTOR_NONE, REPRESENTOR_NONE,
		REPRESENTOR_NONE };
	const char *at = name;
	int split;

	take_part(&at, "c", &port.controller);
	if (take_part(&at, "pf", &port.pf)) {
		if (!take_part(&at, "vf", &port.vf))
			take_part(&at, "sf", &port.sf);
	} else if (take_part(&at, "p", &port.port)) {
		take_part(&at, "s", &split);
	} else {
		return false;
	}
	if (*at)
		return false;
	*ret_port = port;
	return true;
}

bool representor_switch_id(const struct sysroot *root, const char *netdev, char *buf, size_t size)
{
	if (sysroot_read_text(root, buf, size, NET "/phys_switch_id", netdev) > 0)
		return true;
	buf[0] = '\0';
	return false;
}

static bool read_one(const struct sysroot *root, const char *netdev, const char *switch_id, struct representor *ret_one)
{
	struct representor one = { .up = REPRESENTOR_NONE, .carrier = REPRESENTOR_NONE };
	uint64_t flags, carrier;

	if (!text_copy(one.netdev, sizeof(one.netdev), netdev) ||
		!representor_switch_id(root, netdev, one.switch_id, sizeof(one.switch_id)) ||
		(switch_id[0] && strcmp(one.switch_id, switch_id) != 0) ||
		sysroot_read_text(root, one.port_name, sizeof(one.port_name), NET "/phys_port_name", netdev) <= 0 ||
		!representor_port_parse(one.port_name, &one.port))
		return false;
	if (!sysroot_read_u64(root, &flags, NET "/flags", netdev))
		one.up = !!(flags & IFF_UP);
	if (one.up == 1 && !sysroot_read_u64(root, &carrier, NET "/carrier", netdev))
		one.carrier = !!carrier;
	*ret_one = one;
	return true;
}

/* By function, so that VF 10 comes behind VF 9. */
static int compare(const void *a, const void *b)
{
	const struct representor *one = a, *other = b;
	const int differences[] = {
		one->port.controller - other->port.controller,
		one->port.pf - other->port.pf,
		one->port.port - other->port.port,
		one->port.sf - other->port.sf,
		one->port.vf - other->port.vf,
	};

	for (size_t i = 0; i < array_size(differences); i++)
		if (differences[i])
			return differences[i];
	return strcmp(one->netdev, other->netdev);
}

int representors_read(
	const struct sysroot *root, const char *switch_id, struct representor **ret_list, size_t *ret_count)
{
	cleanup_dir DIR *dir = sysroot_open_dir(root, "sys/class/net");
	cleanup_free struct representor *list = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) && count < REPRESENTORS_MAX) {
		if (count == room) {
			struct representor *grown = reallocarray(list, room ? 2 * room : 16, sizeof(*list));

			if (!grown)
				return -ENOMEM;
			list = grown;
			room = room ? 2 * room : 16;
		}
		count += entry->d_name[0] != '.' && read_one(root, entry->d_name, switch_id, &list[count]);
	}
	if (count)
		qsort(list, count, sizeof(*list), compare);
	*ret_list = take_ptr(list);
	*ret_count = count;
	return 0;
}
