// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network daemons that split cards: NetworkManager's keyfiles (nm-settings-keyfile(5), [sriov]) and ifcfg files,
 * netplan's virtual-function-count and VFs that name their PF (link:), systemd.link(5) and systemd.network(5).
 * NetworkManager makes the number what its connection says, also zero, and takes the VFs away with the connection;
 * systemd and netplan write 0 first when there are others.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/rival_scan.h"

enum {
	NETPLAN_MAX = 64,
	NETPLAN_DEPTH = 8,
};

/* What one file of NetworkManager or systemd says, gathered until the next file begins. */
struct profile {
	struct rival_scan *scan;
	struct rival rival;
	char section[24], id[64], name[48], mac[32], path[64], driver[32];
	bool splits, preserve;
	int64_t highest_vf; /* -1: none */
};

static void profile_start(struct profile *profile, const char *name)
{
	*profile = (struct profile){ .scan = profile->scan, .highest_vf = -1 };
	text_copy(profile->rival.name, sizeof(profile->rival.name), name);
	profile->rival.aim = RIVAL_VFS;
	profile->rival.stage = RIVAL_BY_NETWORK;
	profile->rival.vfs = -1;
}

static void take_number(struct profile *profile, const struct conf_line *line, const char *value)
{
	uint64_t number;

	profile->splits = true;
	rival_at(&profile->rival, line);
	if (!text_to_u64(value, UINT16_MAX, &number))
		profile->rival.vfs = (int64_t)number;
}

/* A key of a line into the buffer that keeps it. */
static bool take_text(const struct conf_line *line, const char *key, char *buf, size_t size)
{
	char copy[256];
	const char *value;

	text_copy(copy, sizeof(copy), line->text);
	value = conf_value(copy, key);
	if (value)
		text_copy(buf, size, value);
	return value != NULL;
}

/*
 * NetworkManager ----------------------------------------------------------------------------------------------------
 */

static void nm_end(struct profile *profile)
{
	if (!profile->splits)
		return;
	if (profile->rival.vfs < 0)
		profile->rival.vfs = 0;
	for (const struct pci_device *at = NULL;
		(at = rival_next_netdev(profile->scan, at, profile->name, profile->mac));)
		rival_add(profile->scan, &profile->rival, at, "makes it %lld VFs when the connection '%s' comes up%s",
			(long long)profile->rival.vfs, profile->id,
			profile->preserve ? "" : ", and 0 when it goes down");
	profile->splits = false;
}

static bool nm_line(const struct conf_line *line, void *context)
{
	struct profile *profile = context;
	char text[256], value[32];
	const char *section;

	if (line->number == 1) {
		nm_end(profile);
		profile_start(profile, "NetworkManager");
	}
	text_copy(text, sizeof(text), line->text);
	section = conf_section(text);
	if (section) {
		text_copy(profile->section, sizeof(profile->section), section);
		if (!strcmp(section, "sriov")) {
			profile->splits = true;
			rival_at(&profile->rival, line);
		}
		return true;
	}
	if (!strcmp(profile->section, "connection")) {
		take_text(line, "id", profile->id, sizeof(profile->id));
		take_text(line, "interface-name", profile->name, sizeof(profile->name));
	} else if (!strcmp(profile->section, "ethernet") || !strcmp(profile->section, "802-3-ethernet")) {
		take_text(line, "mac-address", profile->mac, sizeof(profile->mac));
	} else if (!strcmp(profile->section, "sriov")) {
		if (take_text(line, "total-vfs", value, sizeof(value)))
			take_number(profile, line, value);
		if (take_text(line, "preserve-on-down", value, sizeof(value)))
			profile->preserve = !strcmp(value, "1") || !strcmp(value, "true");
	}
	return true;
}

/* ifcfg files are the same program's older form. */
static bool ifcfg_line(const struct conf_line *line, void *context)
{
	struct profile *profile = context;
	char value[32];

	if (line->number == 1) {
		nm_end(profile);
		profile_start(profile, "NetworkManager");
	}
	if (!strstr(line->file, "/ifcfg-"))
		return false;
	take_text(line, "NAME", profile->id, sizeof(profile->id));
	take_text(line, "DEVICE", profile->name, sizeof(profile->name));
	take_text(line, "HWADDR", profile->mac, sizeof(profile->mac));
	if (take_text(line, "SRIOV_TOTAL_VFS", value, sizeof(value)))
		take_number(profile, line, value);
	return true;
}

static void scan_network_manager(struct rival_scan *scan)
{
	static const char *const keyfiles[] = { "etc/NetworkManager/system-connections",
		"run/NetworkManager/system-connections", "usr/lib/NetworkManager/system-connections", NULL };
	static const char *const ifcfg[] = { "etc/sysconfig/network-scripts", NULL };
	struct profile profile = { .scan = scan };

	if (!conf_dirs_each(scan->root, keyfiles, "", nm_line, &profile))
		scan->rivals.incomplete = true;
	nm_end(&profile);
	conf_dirs_each(scan->root, ifcfg, "", ifcfg_line, &profile);
	nm_end(&profile);
}

/*
 * systemd -----------------------------------------------------------------------------------------------------------
 */

static bool systemd_matches(const struct profile *profile, const struct pci_device *device)
{
	char path[32], addr[PCI_ADDR_TEXT_SIZE];

	snprintf(path, sizeof(path), "pci-%s", pci_addr_text(device->addr, addr));
	if (profile->path[0] && fnmatch(profile->path, path, 0) != 0)
		return false;
	if (profile->driver[0] && fnmatch(profile->driver, device->driver, 0) != 0)
		return false;
	return device->netdev_count || profile->path[0] || profile->driver[0];
}

static void systemd_end(struct profile *profile)
{
	const struct pci_inventory *all = profile->scan->inventory;
	bool by_name = profile->name[0] || profile->mac[0];
	char how[48] = "sets up its VFs";

	/* systemd.link(5): without a number, the sections say it. */
	if (profile->splits && profile->rival.vfs < 0 && profile->rival.stage == RIVAL_BY_UDEV)
		profile->rival.vfs = profile->highest_vf + 1;
	if (profile->rival.vfs >= 0)
		snprintf(how, sizeof(how), "makes it %lld VFs", (long long)profile->rival.vfs);
	for (size_t i = 0; profile->splits && i < all->count; i++) {
		const struct pci_device *device = &all->devices[i];
		const struct pci_device *before = i ? device - 1 : NULL;

		if (device->is_vf || !systemd_matches(profile, device) ||
			(by_name && rival_next_netdev(profile->scan, before, profile->name, profile->mac) != device))
			continue;
		if (!by_name && !profile->path[0] && !profile->driver[0])
			continue;
		rival_add(profile->scan, &profile->rival, device, "%s when the network device %s", how,
			profile->rival.stage == RIVAL_BY_UDEV ? "appears" : "comes up");
	}
	profile->splits = false;
}

static bool systemd_line(const struct conf_line *line, void *context)
{
	struct profile *profile = context;
	bool is_link = strstr(line->file, ".link") != NULL;
	char text[256], value[32];
	const char *section;
	uint64_t number;

	if (line->number == 1) {
		systemd_end(profile);
		profile_start(profile, is_link ? "systemd-udevd" : "systemd-networkd");
		profile->rival.stage = is_link ? RIVAL_BY_UDEV : RIVAL_BY_NETWORK;
	}
	text_copy(text, sizeof(text), line->text);
	section = conf_section(text);
	if (section) {
		text_copy(profile->section, sizeof(profile->section), section);
		if (!strcmp(section, "SR-IOV")) {
			profile->splits = true;
			if (!profile->rival.file[0])
				rival_at(&profile->rival, line);
		}
	} else if (!strcmp(profile->section, "Match")) {
		take_text(line, is_link ? "OriginalName" : "Name", profile->name, sizeof(profile->name));
		take_text(line, "MACAddress", profile->mac, sizeof(profile->mac));
		take_text(line, "PermanentMACAddress", profile->mac, sizeof(profile->mac));
		take_text(line, "Path", profile->path, sizeof(profile->path));
		take_text(line, "Driver", profile->driver, sizeof(profile->driver));
	} else if (!strcmp(profile->section, "Link")) {
		if (take_text(line, "SR-IOVVirtualFunctions", value, sizeof(value)))
			take_number(profile, line, value);
	} else if (!strcmp(profile->section, "SR-IOV") && take_text(line, "VirtualFunction", value, sizeof(value))) {
		if (!text_to_u64(value, UINT16_MAX, &number) && (int64_t)number > profile->highest_vf)
			profile->highest_vf = (int64_t)number;
	}
	return true;
}

static void scan_systemd(struct rival_scan *scan)
{
	static const char *const dirs[] = { "etc/systemd/network", "run/systemd/network",
		"usr/local/lib/systemd/network", "usr/lib/systemd/network", "lib/systemd/network", NULL };
	static const char *const suffixes[] = { ".link", ".network" };
	struct profile profile = { .scan = scan };

	for (size_t i = 0; i < array_size(suffixes); i++) {
		conf_dirs_each(scan->root, dirs, suffixes[i], systemd_line, &profile);
		systemd_end(&profile);
	}
}

/*
 * netplan -----------------------------------------------------------------------------------------------------------
 */

struct netplan_entry {
	char id[48], name[48], mac[32];
	int64_t vfs;
	int64_t linked; /* entries that say "link: ID" of it */
	struct rival rival;
};

/* Indentation is all of YAML's structure that these files use: one key a line. */
struct netplan {
	struct rival_scan *scan;
	struct netplan_entry entry[NETPLAN_MAX];
	size_t count;
	struct {
		size_t indent;
		char key[48];
	} path[NETPLAN_DEPTH];
	size_t depth;
};

static struct netplan_entry *netplan_entry(struct netplan *netplan, const char *id)
{
	struct netplan_entry *entry;

	for (size_t i = 0; i < netplan->count; i++)
		if (!strcmp(netplan->entry[i].id, id))
			return &netplan->entry[i];
	if (netplan->count == NETPLAN_MAX)
		return NULL;
	entry = &netplan->entry[netplan->count++];
	*entry = (struct netplan_entry){ .vfs = -1,
		.rival = { .name = "netplan", .aim = RIVAL_VFS, .stage = RIVAL_BY_NETWORK, .vfs = -1 } };
	text_copy(entry->id, sizeof(entry->id), id);
	return entry;
}

static void netplan_key(
	struct netplan *netplan, const struct conf_line *line, struct netplan_entry *entry, const char *value)
{
	const char *key = netplan->path[netplan->depth - 1].key;
	bool in_match = netplan->depth == 5 && !strcmp(netplan->path[3].key, "match");
	struct netplan_entry *pf;
	uint64_t number;

	if (in_match && !strcmp(key, "macaddress")) {
		text_copy(entry->mac, sizeof(entry->mac), value);
	} else if (in_match && !strcmp(key, "name")) {
		text_copy(entry->name, sizeof(entry->name), value);
	} else if (netplan->depth == 4 && !strcmp(key, "virtual-function-count")) {
		rival_at(&entry->rival, line);
		if (!text_to_u64(value, UINT16_MAX, &number))
			entry->vfs = (int64_t)number;
	} else if (netplan->depth == 4 && !strcmp(key, "link")) {
		pf = netplan_entry(netplan, value);
		if (!pf)
			return;
		pf->linked++;
		if (!pf->rival.file[0])
			rival_at(&pf->rival, line);
	}
}

static bool netplan_line(const struct conf_line *line, void *context)
{
	struct netplan *netplan = context;
	size_t indent = strspn(line->text, " ");
	char *key = line->text + indent;
	char *value = strchr(key, ':');
	struct netplan_entry *entry;

	if (line->number == 1)
		netplan->depth = 0;
	if (!*key || *key == '#' || *key == '-' || !value)
		return true;
	*value++ = '\0';
	value += strspn(value, " \"'");
	value[strcspn(value, "\"'#")] = '\0';
	text_chomp(value);
	while (netplan->depth && netplan->path[netplan->depth - 1].indent >= indent)
		netplan->depth--;
	if (netplan->depth == NETPLAN_DEPTH)
		return true;
	netplan->path[netplan->depth].indent = indent;
	text_copy(netplan->path[netplan->depth++].key, sizeof(netplan->path[0].key), key);
	if (netplan->depth < 4 || strcmp(netplan->path[1].key, "ethernets") != 0)
		return true;
	entry = netplan_entry(netplan, netplan->path[2].key);
	if (entry)
		netplan_key(netplan, line, entry, value);
	return true;
}

static void scan_netplan(struct rival_scan *scan)
{
	static const char *const dirs[] = { "run/netplan", "etc/netplan", "lib/netplan", NULL };
	cleanup_free struct netplan *netplan = calloc(1, sizeof(*netplan));

	if (!netplan) {
		scan->out_of_memory = true;
		return;
	}
	netplan->scan = scan;
	if (!conf_dirs_each(scan->root, dirs, ".yaml", netplan_line, netplan))
		scan->rivals.incomplete = true;
	for (size_t i = 0; i < netplan->count; i++) {
		struct netplan_entry *entry = &netplan->entry[i];
		const char *name = entry->name[0] ? entry->name : entry->mac[0] ? "" : entry->id;

		if (entry->vfs < 0 && !entry->linked)
			continue;
		entry->rival.vfs = entry->vfs > entry->linked ? entry->vfs : entry->linked;
		for (const struct pci_device *at = NULL; (at = rival_next_netdev(scan, at, name, entry->mac));)
			rival_add(scan, &entry->rival, at, "makes it %lld VFs when it is applied, and at boot",
				(long long)entry->rival.vfs);
	}
}

void rival_scan_network(struct rival_scan *scan)
{
	scan_network_manager(scan);
	scan_systemd(scan);
	scan_netplan(scan);
}
