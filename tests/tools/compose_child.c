// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What hangs off the functions of a described host, as sysfs shows it.
 *
 *	net NAME on=ADDRESS mac=MAC index=N [down]
 *	upper NAME kind=bond|bridge|vlan over=A,B mac=MAC index=N	a link that others carry
 *	disk NAME on=ADDRESS dev=MAJOR:MINOR gib=N [serial=TEXT]	an NVMe namespace, or a SATA disk
 *	part NAME on=DISK dev=MAJOR:MINOR gib=N
 *	stacked NAME over=A,B dev=MAJOR:MINOR gib=N mapper=NAME uuid=TEXT | raid=LEVEL
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/compose.h"

static const char *want(const struct compose *compose, const char *key)
{
	const char *value = compose_value(compose, key);

	if (!value)
		compose_stop(compose, "'%s' needs %s=", compose->word[0], key);
	return value;
}

/* A link at path to `to`, both from the top. */
__attribute__((format(printf, 3, 4))) static void put_relative(
	struct compose *compose, const char *to, const char *fmt, ...)
{
	char path[512], target[1152] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
		strcat(target, "../");
	snprintf(target + strlen(target), sizeof(target) - strlen(target), "%s", to);
	machine_tree_link(&compose->tree, target, "%s", path);
}

__attribute__((format(printf, 4, 5))) static void put(
	struct compose *compose, const char *path, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	machine_tree_file(&compose->tree, text, "%s/%s", path, name);
}

/* Names that comma separates, one after the other. */
static bool next_name(const char **at, char *buf, size_t size)
{
	size_t length = strcspn(*at, ",");

	if (!**at)
		return false;
	snprintf(buf, size, "%.*s", (int)length, *at);
	*at += length + ((*at)[length] == ',');
	return true;
}

static const char *find_link(const struct compose *compose, const char *name)
{
	for (size_t i = 0; i < compose->link_count; i++)
		if (!strcmp(compose->link[i].name, name))
			return compose->link[i].path;
	compose_stop(compose, "there is no link '%s' before it", name);
}

static const char *find_disk(const struct compose *compose, const char *name)
{
	for (size_t i = 0; i < compose->disk_count; i++)
		if (!strcmp(compose->disk[i].name, name))
			return compose->disk[i].path;
	compose_stop(compose, "there is no disk '%s' before it", name);
}

static void put_link_attributes(struct compose *compose, const char *path, const char *type)
{
	const char *index = want(compose, "index");
	bool down = compose_has(compose, "down");

	if (compose->link_count == COMPOSE_LINKS)
		compose_stop(compose, "too many links");
	snprintf(compose->link[compose->link_count].name, sizeof(compose->link[0].name), "%s", compose->word[1]);
	snprintf(compose->link[compose->link_count++].path, sizeof(compose->link[0].path), "%s", path);
	put(compose, path, "uevent", "%s%s%sINTERFACE=%s\nIFINDEX=%s\n", type ? "DEVTYPE=" : "", type ? type : "",
		type ? "\n" : "", compose->word[1], index);
	put(compose, path, "address", "%s\n", want(compose, "mac"));
	put(compose, path, "addr_assign_type", "%d\n", type ? 3 : 0);
	put(compose, path, "flags", down ? "0x1002\n" : "0x1003\n");
	put(compose, path, "operstate", down ? "down\n" : "up\n");
	put(compose, path, "ifindex", "%s\n", index);
	put(compose, path, "iflink", "%s\n", index);
	put(compose, path, "type", "1\n");
	put(compose, path, "mtu", "1500\n");
	put_relative(compose, path, "sys/class/net/%s", compose->word[1]);
}

void compose_net(struct compose *compose)
{
	const struct compose_function *function = compose_find(compose, want(compose, "on"));
	char path[512], line[96];

	if (!compose->building)
		return;
	if (!function)
		compose_stop(compose, "there is no function %s", want(compose, "on"));
	snprintf(path, sizeof(path), "%s/net/%s", function->made.path, compose->word[1]);
	put_link_attributes(compose, path, NULL);
	put_relative(compose, function->made.path, "%s/device", path);
	snprintf(line, sizeof(line), "%s %s\n", compose->word[1], want(compose, "mac"));
	compose_append(compose, "capture/permanent_macs", line);
}

static void put_lower(struct compose *compose, const char *kind, const char *path, const char *lower)
{
	const char *below = find_link(compose, lower);

	put_relative(compose, below, "%s/lower_%s", path, lower);
	put_relative(compose, path, "%s/upper_%s", below, compose->word[1]);
	if (!strcmp(kind, "vlan"))
		return;
	put_relative(compose, path, "%s/master", below);
	if (!strcmp(kind, "bridge")) {
		put(compose, below, "brport/state", "3\n");
		return;
	}
	put(compose, below, "bonding_slave/mii_status", "up\n");
	put(compose, below, "bonding_slave/state", "active\n");
}

void compose_upper(struct compose *compose)
{
	const char *kind = want(compose, "kind"), *over = want(compose, "over");
	char path[512], lower[32];

	if (!compose->building)
		return;
	snprintf(path, sizeof(path), "sys/devices/virtual/net/%s", compose->word[1]);
	put_link_attributes(compose, path, kind);
	if (!strcmp(kind, "bond")) {
		put(compose, path, "bonding/mode", "802.3ad 4\n");
		put(compose, path, "bonding/min_links", "0\n");
	} else if (!strcmp(kind, "bridge")) {
		put(compose, path, "bridge/stp_state", "0\n");
	}
	while (next_name(&over, lower, sizeof(lower)))
		put_lower(compose, kind, path, lower);
}

static void put_disk_attributes(struct compose *compose, const char *path, bool whole)
{
	const char *number = want(compose, "dev");
	unsigned long gib = strtoul(want(compose, "gib"), NULL, 10);
	unsigned int major, minor;
	char line[128];

	if (compose->disk_count == COMPOSE_LINKS || sscanf(number, "%u:%u", &major, &minor) != 2)
		compose_stop(compose, "too many disks, or dev= is not MAJOR:MINOR");
	snprintf(compose->disk[compose->disk_count].name, sizeof(compose->disk[0].name), "%s", compose->word[1]);
	snprintf(compose->disk[compose->disk_count++].path, sizeof(compose->disk[0].path), "%s", path);
	put(compose, path, "dev", "%s\n", number);
	put(compose, path, "size", "%lu\n", gib << 21);
	put(compose, path, "ro", "0\n");
	put(compose, path, "removable", "0\n");
	put(compose, path, "uevent", "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=%s\n", major, minor, compose->word[1],
		whole ? "disk" : "partition");
	put_relative(compose, path, "sys/class/block/%s", compose->word[1]);
	if (whole)
		put_relative(compose, path, "sys/block/%s", compose->word[1]);
	if (compose->disk_count == 1)
		compose_append(compose, "proc/partitions", "major minor  #blocks  name\n\n");
	snprintf(line, sizeof(line), "%4u %7u %10lu %s\n", major, minor, gib << 20, compose->word[1]);
	compose_append(compose, "proc/partitions", line);
}

void compose_disk(struct compose *compose)
{
	const struct compose_function *function = compose_find(compose, want(compose, "on"));
	const char *serial = compose_value(compose, "serial");
	unsigned int controller;
	char path[512], name[64];

	if (!compose->building)
		return;
	if (!function)
		compose_stop(compose, "there is no function %s", want(compose, "on"));
	if (sscanf(compose->word[1], "nvme%u", &controller) != 1) {
		snprintf(path, sizeof(path), "%s/ata1/host0/target0:0:0/0:0:0:0/block/%s", function->made.path,
			compose->word[1]);
		put_disk_attributes(compose, path, true);
		return;
	}
	snprintf(name, sizeof(name), "nvme%u", controller);
	snprintf(path, sizeof(path), "%.400s/nvme/%s", function->made.path, name);
	put(compose, path, "serial", "%s\n", serial ? serial : "S0000000");
	put(compose, path, "model", "Made-up disk\n");
	put(compose, path, "state", "live\n");
	put(compose, path, "address", "%s\n", function->name);
	put_relative(compose, path, "sys/class/nvme/%s", name);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", compose->word[1]);
	put_disk_attributes(compose, path, true);
}

void compose_part(struct compose *compose)
{
	char path[600];

	if (!compose->building)
		return;
	snprintf(path, sizeof(path), "%s/%s", find_disk(compose, want(compose, "on")), compose->word[1]);
	put_disk_attributes(compose, path, false);
	put(compose, path, "partition", "%c\n", compose->word[1][strlen(compose->word[1]) - 1]);
}

void compose_stacked(struct compose *compose)
{
	const char *over = want(compose, "over"), *raid = compose_value(compose, "raid");
	char path[512], lower[32];
	unsigned int members = 0;

	if (!compose->building)
		return;
	snprintf(path, sizeof(path), "sys/devices/virtual/block/%s", compose->word[1]);
	put_disk_attributes(compose, path, true);
	while (next_name(&over, lower, sizeof(lower))) {
		put_relative(compose, find_disk(compose, lower), "%s/slaves/%s", path, lower);
		put_relative(compose, path, "%s/holders/%s", find_disk(compose, lower), compose->word[1]);
		if (raid) {
			char state[64];

			snprintf(state, sizeof(state), "md/dev-%s/state", lower);
			put(compose, path, state, "in_sync\n");
		}
		members++;
	}
	if (raid) {
		put(compose, path, "md/level", "%s\n", raid);
		put(compose, path, "md/raid_disks", "%u\n", members);
		return;
	}
	put(compose, path, "dm/name", "%s\n", want(compose, "mapper"));
	put(compose, path, "dm/uuid", "%s\n", want(compose, "uuid"));
}
