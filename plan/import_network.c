// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * systemd's [SR-IOV] sections (systemd.link(5), systemd.network(5)): what each VF is set to. How many there are is
 * known from distro/rival_network.c. A file's [Match] names the PF by its network device; sections of files that match
 * it otherwise are told, not taken.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/import_scan.h"

/* systemd's keys, and ours. */
static const struct key {
	const char *theirs, *ours;
} keys[] = {
	{ "MACAddress", "mac" },
	{ "VLANId", "vlan" },
	{ "QualityOfService", "qos" },
	{ "VLANProtocol", "vlan_proto" },
	{ "MACSpoofCheck", "spoofchk" },
	{ "QueryReceiveSideScaling", "query_rss" },
	{ "Trust", "trust" },
	{ "LinkState", "link_state" },
};

/* One file, as far as it has been read. */
struct unit {
	struct import_scan *scan;
	char section[24];
	const struct pci_device *pf; /* NULL: none yet */
	char match[64];              /* what [Match] said, for messages */
	int vf;                      /* of the section; -1 before VirtualFunction= */
};

/* Booleans of systemd, where ours are on and off; of LinkState= enable and disable. */
static const char *spell(const char *key, const char *value, char *buf, size_t size)
{
	static const struct {
		const char *theirs;
		bool on;
	} words[] = { { "yes", true }, { "true", true }, { "on", true }, { "1", true }, { "no", false },
		{ "false", false }, { "off", false }, { "0", false } };
	bool is_link = !strcmp(key, "link_state");

	text_copy(buf, size, value);
	if (!strcmp(key, "vlan_proto"))
		for (char *at = buf; *at; at++)
			*at = (char)(*at == 'Q' ? 'q' : *at == 'A' ? 'a' : *at == 'D' ? 'd' : *at);
	if (is_link || !strcmp(key, "spoofchk") || !strcmp(key, "trust") || !strcmp(key, "query_rss"))
		for (size_t i = 0; i < array_size(words); i++)
			if (!strcasecmp(value, words[i].theirs))
				text_copy(buf, size,
					is_link       ? (words[i].on ? "enable" : "disable")
					: words[i].on ? "on"
						      : "off");
	return buf;
}

static void take_match(struct unit *unit, const char *key, const char *value)
{
	char copy[64];

	text_copy(copy, sizeof(copy), value);
	copy[strcspn(copy, " ")] = '\0';
	text_copy(unit->match, sizeof(unit->match), copy);
	if (!strcmp(key, "Name") || !strcmp(key, "OriginalName"))
		unit->pf = import_netdev(unit->scan, copy);
	else if (!strcmp(key, "MACAddress") || !strcmp(key, "PermanentMACAddress"))
		unit->pf = import_mac(unit->scan, copy);
	else if (!strcmp(key, "Path") && text_starts_with(copy, "pci-")) {
		struct pci_addr addr;

		if (!pci_addr_parse(copy + strlen("pci-"), &addr))
			unit->pf = pci_inventory_find(&unit->scan->host->pci, addr);
	}
}

static void take_setting(struct unit *unit, const struct conf_line *line, const char *key, const char *value)
{
	char place[176], word[64];
	uint64_t number;

	import_place(line, place, sizeof(place));
	if (!strcmp(key, "VirtualFunction")) {
		unit->vf = text_to_u64(value, UINT16_MAX, &number) < 0 ? -1 : (int)number;
		if (!unit->pf)
			import_left(unit->scan, place, "settings of VF %s of '%s': no device of this host is named so",
				value, unit->match);
		return;
	}
	if (!unit->pf)
		return;
	for (size_t i = 0; i < array_size(keys); i++)
		if (!strcmp(keys[i].theirs, key)) {
			if (unit->vf < 0)
				import_left(unit->scan, place, "%s=%s comes before VirtualFunction=", key, value);
			else
				import_fact(unit->scan, IMPORT_SETTING, unit->pf, unit->vf, place, "%s=%s",
					keys[i].ours, spell(keys[i].ours, value, word, sizeof(word)));
			return;
		}
	import_left(unit->scan, place, "%s=%s has no counterpart", key, value);
}

static bool unit_line(const struct conf_line *line, void *context)
{
	struct unit *unit = context;
	char copy[400], *value;
	const char *section;

	if (line->number == 1)
		*unit = (struct unit){ .scan = unit->scan, .vf = -1 };
	unit->scan->stage = strstr(line->file, ".link") ? RIVAL_BY_UDEV : RIVAL_BY_NETWORK;
	text_copy(copy, sizeof(copy), line->text);
	section = conf_section(copy);
	if (section) {
		text_copy(unit->section, sizeof(unit->section), section);
		unit->vf = -1;
		return true;
	}
	text_copy(copy, sizeof(copy), line->text);
	value = strchr(copy, '=');
	if (!value || copy[0] == '#' || copy[0] == ';')
		return true;
	*value++ = '\0';
	text_chomp(copy);
	value += strspn(value, " \t");
	text_chomp(value);
	if (!strcmp(unit->section, "Match"))
		take_match(unit, copy, value);
	else if (!strcmp(unit->section, "SR-IOV"))
		take_setting(unit, line, copy, value);
	return true;
}

void import_scan_networkd(struct import_scan *scan)
{
	static const char *const dirs[] = { "etc/systemd/network", "run/systemd/network",
		"usr/local/lib/systemd/network", "usr/lib/systemd/network", "lib/systemd/network", NULL };
	static const char *const suffixes[] = { ".link", ".network" };
	struct unit unit = { .scan = scan, .vf = -1 };

	for (size_t i = 0; i < array_size(suffixes); i++)
		if (!conf_dirs_each(&scan->host->root, dirs, suffixes[i], unit_line, &unit))
			scan->import->incomplete = true;
}
