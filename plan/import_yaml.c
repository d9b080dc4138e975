// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * netplan's and nmstate's files, which are YAML: what VFs are set to. netplan (netplan-yaml(5)): a VF is an entry with
 * `link:` to its PF, its VLAN an entry of vlans with `renderer: sriov`. nmstate: interfaces with ethernet.sr-iov.
 * How many VFs netplan makes is known from distro/rival_network.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/config_node.h"
#include "plan/import_files.h"

struct trees {
	struct import_scan *scan;
	struct source_list *sources; /* owned, as all below */
	struct arena *arena;
	struct config_node **node; /* of each source; NULL: it could not be read */
};

static void trees_done(struct trees *trees)
{
	source_list_free(trees->sources);
	arena_free(trees->arena);
	free(trees->node);
}

/* The file's own mistakes are told as what could not be carried over. */
static void read_tree(struct trees *trees, uint32_t file)
{
	cleanup(config_findings_done) struct config_findings findings = { .sources = trees->sources };

	if (config_yaml_parse(trees->arena, trees->sources, file, &findings, &trees->node[file]) < 0)
		trees->scan->import->out_of_memory = true;
	if (findings.errors)
		import_left(trees->scan, findings.item[0].where, "%s", findings.item[0].text);
}

static void read_trees(struct trees *trees, const char *const *dirs, const char *const *suffixes, size_t suffix_count)
{
	trees->sources = calloc(1, sizeof(*trees->sources));
	trees->arena = arena_new();
	if (!trees->sources || !trees->arena) {
		trees->scan->import->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < suffix_count; i++)
		import_files_read(trees->scan, dirs, suffixes[i], trees->sources);
	trees->node = calloc(trees->sources->count + 1, sizeof(*trees->node));
	if (!trees->node) {
		trees->scan->import->out_of_memory = true;
		return;
	}
	for (uint32_t i = 0; i < trees->sources->count; i++)
		read_tree(trees, i);
}

/* The value at a path of keys, ended by NULL; NULL when it is not there. */
static const struct config_node *at(const struct config_node *node, const char *const *keys)
{
	for (; node && *keys; keys++) {
		const struct config_item *item = node->kind == CONFIG_MAPPING ? config_node_find(node, *keys) : NULL;

		node = item ? item->value : NULL;
	}
	return node;
}

#define AT(node, ...) at(node, (const char *const[]){ __VA_ARGS__, NULL })

/* A single value; "" when there is none. */
static const char *text_of(const struct config_node *node)
{
	return node && node->kind == CONFIG_SCALAR ? node->text : "";
}

static const char *place_of(const struct trees *trees, const struct config_node *node, char *buf, size_t size)
{
	snprintf(buf, size, "%s:%u", trees->sources->source[node->at.file].name, node->at.line);
	return buf;
}

/* Settings by their names here and there. */
struct setting {
	const char *theirs, *ours;
	bool is_switch;
};

static void take_setting(const struct trees *trees, const struct pci_device *pf, int vf, const struct setting *setting,
	const struct config_node *value)
{
	const char *text = text_of(value);
	char place[176], word[64];

	text_copy(word, sizeof(word), text);
	if (setting->is_switch)
		text_copy(word, sizeof(word),
			!strcmp(text, "true") || !strcmp(text, "yes") || !strcmp(text, "on") ? "on" : "off");
	else if (!strcmp(setting->ours, "vlan_proto"))
		text_copy(word, sizeof(word), strcasestr(text, "ad") ? "802.1ad" : "802.1q");
	import_fact(trees->scan, IMPORT_SETTING, pf, vf, place_of(trees, value, place, sizeof(place)), "%s=%s",
		setting->ours, word);
}

/*
 * netplan -----------------------------------------------------------------------------------------------------------
 */

/* The device that an entry of ethernets is about: by its match, or its own name. */
static const struct pci_device *netplan_device(const struct trees *trees, const char *id)
{
	for (uint32_t i = 0; i < trees->sources->count; i++) {
		const struct config_node *entry = AT(trees->node[i], "network", "ethernets", id);
		const char *mac = text_of(AT(entry, "match", "macaddress")),
			   *name = text_of(AT(entry, "match", "name"));

		if (mac[0])
			return import_mac(trees->scan, mac);
		if (name[0])
			return import_netdev(trees->scan, name);
	}
	return import_netdev(trees->scan, id);
}

static void netplan_ethernet(const struct trees *trees, const struct config_item *item)
{
	static const char *const without[] = { "embedded-switch-mode", "delay-virtual-functions-rebind" };
	static const struct setting mac = { "macaddress", "mac", false };
	const char *id = item->key->text;
	const struct pci_device *device;
	char place[176];

	for (size_t i = 0; i < array_size(without); i++) {
		const struct config_node *value = AT(item->value, without[i]);

		if (value)
			import_left(trees->scan, place_of(trees, value, place, sizeof(place)),
				"%s: %s of '%s' has no counterpart", without[i], text_of(value), id);
	}
	if (!AT(item->value, "link"))
		return;
	device = netplan_device(trees, id);
	if (!device || !device->is_vf)
		import_left(trees->scan, place_of(trees, item->key, place, sizeof(place)),
			"'%s' is a VF of '%s' which is not there now: which one it is cannot be told", id,
			text_of(AT(item->value, "link")));
	else if (text_of(AT(item->value, "macaddress"))[0])
		take_setting(trees, device, IMPORT_ITSELF, &mac, AT(item->value, "macaddress"));
}

static void netplan_vlan(const struct trees *trees, const struct config_item *item)
{
	static const struct setting vlan = { "id", "vlan", false };
	const struct config_node *id = AT(item->value, "id");
	const char *link = text_of(AT(item->value, "link"));
	const struct pci_device *device;
	char place[176];

	if (strcmp(text_of(AT(item->value, "renderer")), "sriov") != 0 || !id)
		return;
	device = netplan_device(trees, link);
	if (device && device->is_vf)
		take_setting(trees, device, IMPORT_ITSELF, &vlan, id);
	else
		import_left(trees->scan, place_of(trees, item->key, place, sizeof(place)),
			"VLAN %s of the VF '%s', which is not there now: which one it is cannot be told", text_of(id),
			link);
}

void import_scan_netplan(struct import_scan *scan)
{
	static const char *const dirs[] = { "run/netplan", "etc/netplan", "lib/netplan", NULL };
	static const char *const suffixes[] = { ".yaml" };
	cleanup(trees_done) struct trees trees = { .scan = scan };

	read_trees(&trees, dirs, suffixes, array_size(suffixes));
	for (uint32_t i = 0; trees.node && i < trees.sources->count; i++) {
		const struct config_node *ethernets = AT(trees.node[i], "network", "ethernets");
		const struct config_node *vlans = AT(trees.node[i], "network", "vlans");

		for (size_t j = 0; ethernets && ethernets->kind == CONFIG_MAPPING && j < ethernets->count; j++)
			netplan_ethernet(&trees, &ethernets->item[j]);
		for (size_t j = 0; vlans && vlans->kind == CONFIG_MAPPING && j < vlans->count; j++)
			netplan_vlan(&trees, &vlans->item[j]);
	}
}

/*
 * nmstate -----------------------------------------------------------------------------------------------------------
 */

static const struct setting nmstate_settings[] = {
	{ "mac-address", "mac", false },
	{ "spoof-check", "spoofchk", true },
	{ "trust", "trust", true },
	{ "min-tx-rate", "min_tx_rate", false },
	{ "max-tx-rate", "max_tx_rate", false },
	{ "vlan-id", "vlan", false },
	{ "qos", "qos", false },
	{ "vlan-proto", "vlan_proto", false },
};

static void nmstate_vf(const struct trees *trees, const struct pci_device *pf, const struct config_node *vf)
{
	const struct config_node *id = AT(vf, "id");
	char place[176];
	uint64_t index;

	if (!id || text_to_u64(text_of(id), UINT16_MAX, &index) < 0) {
		import_left(trees->scan, place_of(trees, vf, place, sizeof(place)), "a VF without id");
		return;
	}
	for (size_t i = 0; i < vf->count; i++) {
		const char *key = vf->item[i].key->text;
		const struct setting *setting = NULL;

		for (size_t j = 0; j < array_size(nmstate_settings); j++)
			if (!strcmp(nmstate_settings[j].theirs, key))
				setting = &nmstate_settings[j];
		if (setting)
			take_setting(trees, pf, (int)index, setting, vf->item[i].value);
		else if (strcmp(key, "id") != 0)
			import_left(trees->scan, place_of(trees, vf->item[i].key, place, sizeof(place)),
				"%s has no counterpart", key);
	}
}

static void nmstate_interface(const struct trees *trees, const struct config_node *interface)
{
	const struct config_node *sriov = AT(interface, "ethernet", "sr-iov");
	const struct config_node *total = AT(sriov, "total-vfs"), *vfs = AT(sriov, "vfs");
	bool by_mac = !strcmp(text_of(AT(interface, "identifier")), "mac-address");
	const char *name = text_of(AT(interface, by_mac ? "mac-address" : "name"));
	const struct pci_device *pf = by_mac ? import_mac(trees->scan, name) : import_netdev(trees->scan, name);
	char place[176];

	if (!sriov)
		return;
	place_of(trees, sriov, place, sizeof(place));
	if (!pf) {
		import_left(trees->scan, place, "'%s' is no network device of this host", name);
		return;
	}
	if (total)
		import_fact(trees->scan, IMPORT_VFS, pf, IMPORT_ITSELF, place_of(trees, total, place, sizeof(place)),
			"%s", text_of(total));
	for (size_t i = 0; vfs && vfs->kind == CONFIG_SEQUENCE && i < vfs->count; i++)
		if (vfs->item[i].value->kind == CONFIG_MAPPING)
			nmstate_vf(trees, pf, vfs->item[i].value);
}

void import_scan_nmstate(struct import_scan *scan)
{
	static const char *const dirs[] = { "etc/nmstate", NULL };
	static const char *const suffixes[] = { ".yml", ".yaml" };
	cleanup(trees_done) struct trees trees = { .scan = scan };

	read_trees(&trees, dirs, suffixes, array_size(suffixes));
	for (uint32_t i = 0; trees.node && i < trees.sources->count; i++) {
		const struct config_node *list = AT(trees.node[i], "interfaces");

		for (size_t j = 0; list && list->kind == CONFIG_SEQUENCE && j < list->count; j++)
			nmstate_interface(&trees, list->item[j].value);
	}
}
