// SPDX-License-Identifier: GPL-2.0-or-later
/* A device as columns of a table and members of JSON: what `list` and `show` say of it; the contract is docs/cli.md. */
#include <stdio.h>
#include <string.h>

#include "assign/bound_by.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "pci/detail.h"
#include "pci/identity.h"
#include "sriov/eswitch.h"
#include "view/device_row.h"
#include "view/verdict_json.h"

static const struct device_row *row_of(const void *row)
{
	return row;
}

static const struct pci_device *device_of(const void *row)
{
	return row_of(row)->device;
}

static json_t *json_names(const struct pci_name *names, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(names[i].text));
	return list;
}

/* As lspci -n and DEVICE arguments have them. Digit by digit: formatted printing is slow, and this is in every row. */
static json_t *get_ids(const void *row, const void *context)
{
	const struct pci_device *device = device_of(row);
	const uint32_t ids = (uint32_t)device->vendor_id << 16 | device->device_id;
	char text[] = "0000:0000";

	(void)context;
	for (unsigned int digit = 0; digit < 8; digit++)
		text[digit + (digit > 3)] = "0123456789abcdef"[ids >> (28 - 4 * digit) & 0xf];
	return json_string_nocheck(text);
}

static json_t *get_modalias_drivers(const void *row, const void *context)
{
	const struct device_context *lookup = context;
	struct pci_name names[8];
	int count = pci_modaliases_find(&lookup->aliases, device_of(row), names, array_size(names));

	return count < 0 ? json_null() : json_names(names, (size_t)count);
}

static json_t *get_netdevs(const void *row, const void *context)
{
	(void)context;
	return json_names(device_of(row)->netdevs, device_of(row)->netdev_count);
}

static json_t *get_block_devices(const void *row, const void *context)
{
	(void)context;
	return json_names(device_of(row)->block_devices, device_of(row)->block_count);
}

static json_t *get_pf(const void *row, const void *context)
{
	(void)context;
	return device_of(row)->is_vf ? json_pci_addr(device_of(row)->pf) : json_null();
}

static json_t *get_sriov(const void *row, const void *context)
{
	const struct pci_sriov *sriov = &device_of(row)->sriov;

	(void)context;
	if (!sriov->capable)
		return json_null();
	return json_pack("{s:i, s:i, s:o}", "total_vfs", sriov->total_vfs, "num_vfs", sriov->num_vfs, "autoprobe",
		sriov->autoprobe < 0 ? json_null() : json_boolean(sriov->autoprobe));
}

static void text_sriov(const void *row, const void *context, char *buf, size_t size)
{
	const struct pci_sriov *sriov = &device_of(row)->sriov;

	(void)context;
	if (sriov->capable)
		snprintf(buf, size, "%u/%u", sriov->num_vfs, sriov->total_vfs);
	else
		text_copy(buf, size, "-");
}

static json_t *get_reset_methods(const void *row, const void *context)
{
	(void)context;
	if (!device_of(row)->reset_known)
		return json_null();
	return json_names(device_of(row)->reset_methods, device_of(row)->reset_count);
}

static json_t *get_users(const void *row, const void *context)
{
	const struct pci_users *users = &row_of(row)->verdict.users;
	json_t *list = json_array();

	(void)context;
	for (size_t i = 0; i < users->count; i++)
		json_array_append_new(list, json_pack("{s:s, s:o, s:s}", "kind", users->user[i].kind, "what",
						    json_text(users->user[i].what), "severity",
						    users->user[i].severity == PCI_USER_BLOCKS ? "block" : "note"));
	if (!strncmp(row_of(row)->verdict.owner_text, "guest ", 6))
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "kind", "guest", "what",
						    row_of(row)->verdict.owner_text, "severity", "block"));
	return list;
}

/* "mount, address": each kind once, what blocks only; the sentences are in --json and in the refusals. */
static void text_users(const void *row, const void *context, char *buf, size_t size)
{
	const struct pci_users *users = &row_of(row)->verdict.users;
	const char *owner = row_of(row)->verdict.owner_text;
	size_t used = 0;

	(void)context;
	text_copy(buf, size, strncmp(owner, "guest ", 6) ? "" : owner);
	for (size_t i = 0; i < users->count; i++) {
		bool seen = users->user[i].severity != PCI_USER_BLOCKS;

		for (size_t j = 0; j < i && !seen; j++)
			seen = !strcmp(users->user[i].kind, users->user[j].kind) &&
			       users->user[j].severity == PCI_USER_BLOCKS;
		used = strlen(buf);
		if (!seen && used < size)
			snprintf(buf + used, size - used, "%s%s", used ? ", " : "", users->user[i].kind);
	}
	used = strlen(buf);
	if (users->incomplete && used < size)
		snprintf(buf + used, size - used, "%s?", used ? ", " : "");
	if (!buf[0])
		text_copy(buf, size, "-");
}

/* Nothing against it, yet not everything could be seen: unknown. */
static json_t *get_assignable(const void *row, const void *context)
{
	(void)context;
	return verdict_answer_json(&row_of(row)->verdict, VERDICT_RUN);
}

static void text_assignable(const void *row, const void *context, char *buf, size_t size)
{
	(void)context;
	text_copy(buf, size, verdict_word(&row_of(row)->verdict));
}

static json_t *get_other_vmm(const void *row, const void *context)
{
	(void)context;
	return verdict_answer_json(&row_of(row)->verdict, VERDICT_VMM);
}

static json_t *get_blockers(const void *row, const void *context)
{
	(void)context;
	return verdict_blockers_json(&row_of(row)->verdict);
}

static json_t *get_reasons(const void *row, const void *context)
{
	const struct device_context *lookup = context;

	return verdict_reasons_json(lookup->judge, &row_of(row)->verdict);
}

static void text_reasons(const void *row, const void *context, char *buf, size_t size)
{
	(void)context;
	verdict_reason_text(&row_of(row)->verdict, buf, size);
	if (!buf[0])
		text_copy(buf, size, "-");
}

static json_t *get_path(const void *row, const void *context)
{
	const struct device_context *lookup = context;
	char path[sizeof(((struct pci_identity *)NULL)->path)];

	pci_identity_path(&lookup->host->root, device_of(row), path, sizeof(path));
	return json_text(path);
}

static json_t *get_serial(const void *row, const void *context)
{
	const struct device_context *lookup = context;
	struct pci_identity identity;

	pci_identity_read(&lookup->host->root, &lookup->host->pci, device_of(row), true, &identity);
	if (identity.serial[0])
		return json_string(identity.serial);
	return json_text(identity.unique[0] ? identity.unique : identity.vpd);
}

static json_t *get_mac(const void *row, const void *context)
{
	const struct device_context *lookup = context;
	const struct pci_device *device = device_of(row);
	char mac[32];

	for (size_t i = 0; i < device->netdev_count; i++)
		if (pci_permanent_mac(&lookup->host->root, device->netdevs[i].text, mac, sizeof(mac)))
			return json_string(mac);
	return json_null();
}

static json_t *get_managers(const void *row, const void *context)
{
	const struct device_context *lookup = context;

	return rival_json(lookup->others, lookup->host, device_of(row));
}

/* "NetworkManager, driverctl": each once. */
static void text_managers(const void *row, const void *context, char *buf, size_t size)
{
	json_t *list = get_managers(row, context);
	const char *last = "";
	json_t *item;
	size_t i;

	text_copy(buf, size, json_array_size(list) ? "" : "-");
	json_array_foreach(list, i, item)
	{
		const char *name = json_string_value(json_object_get(item, "name"));
		size_t used = strlen(buf);

		if (strcmp(name, last) != 0)
			snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
		last = name;
	}
	json_decref(list);
}

/* Of a card that can be split; unknown on a captured host, whose kernel cannot be asked. */
static json_t *get_eswitch(const void *row, const void *context)
{
	const struct device_context *lookup = context;
	const struct devlink_handle handle = eswitch_handle_pci(device_of(row)->addr);
	cleanup(devlink_close) struct devlink devlink = { .channel.fd = -1 };
	struct devlink_eswitch is;

	if (!device_of(row)->sriov.capable || lookup->host->root.path[0] ||
		devlink_open(&lookup->host->root, &devlink, NULL) < 0 ||
		devlink_eswitch_read(&devlink, &handle, &is, NULL) < 0)
		return json_null();
	return json_string(eswitch_mode_name(is.mode));
}

/* Unknown where files that this user may not read could say more than the kernel's own match or nothing. */
static bool find_bound_by(const void *row, const void *context, struct bound_by *ret_bound)
{
	const struct device_context *lookup = context;
	const struct bound_by_lookup bound = {
		.host = lookup->host,
		.aliases = &lookup->aliases,
		.conf = &lookup->others->conf,
		.rivals = &lookup->others->rivals,
	};

	if (!rival_lookup_read(lookup->others, lookup->host))
		return false;
	bound_by_find(&bound, device_of(row), ret_bound);
	return ret_bound->file[0] || !lookup->others->rivals.incomplete;
}

static json_t *get_bound_by(const void *row, const void *context)
{
	struct bound_by bound;

	if (!find_bound_by(row, context, &bound))
		return json_null();
	return json_pack(
		"{s:s, s:o, s:o}", "by", bound.by, "file", json_text(bound.file), "what", json_text(bound.what));
}

static void text_bound_by(const void *row, const void *context, char *buf, size_t size)
{
	struct bound_by bound;

	if (!find_bound_by(row, context, &bound))
		text_copy(buf, size, "-");
	else
		snprintf(buf, size, "%s%s%s", bound.by, bound.file[0] ? " " : "", bound.file);
}

static const char *color_assignable(const void *row, const void *context)
{
	const struct verdict *verdict = &row_of(row)->verdict;

	(void)context;
	if (verdict_answer(verdict, VERDICT_RUN) == VERDICT_YES)
		return "green";
	return verdict_answer(verdict, VERDICT_RUN) == VERDICT_NO && verdict_answer(verdict, VERDICT_VMM) == VERDICT_NO
		       ? "red"
		       : "yellow";
}

#define OF_DEVICE(field) FIELD_OF(struct device_row, device, struct pci_device, field)

const struct column device_columns[] = {
	{ "ADDRESS", "address", "PCI address", COLUMN_SHOWN | COLUMN_TREE, OF_DEVICE(addr) },
	{ "CLASS", "class", "class code: class, subclass, programming interface", 0, OF_DEVICE(class), .digits = 6 },
	{ "CLASS-NAME", "class_name", "what kind of device it is", 0, OF_DEVICE(class_name) },
	{ "VENDOR-ID", "vendor_id", "vendor", 0, OF_DEVICE(vendor_id), .digits = 4 },
	{ "DEVICE-ID", "device_id", "device", 0, OF_DEVICE(device_id), .digits = 4 },
	{ "SUBSYSTEM-VENDOR-ID", "subsystem_vendor_id", "subsystem vendor", 0, OF_DEVICE(subsystem_vendor_id),
		.digits = 4 },
	{ "SUBSYSTEM-ID", "subsystem_id", "subsystem", 0, OF_DEVICE(subsystem_id), .digits = 4 },
	{ "IDS", "ids", "vendor:device, as DEVICE arguments have them", COLUMN_SHOWN, .get = get_ids, .drop = 5 },
	{ "VENDOR", "vendor", "the vendor's name", 0, OF_DEVICE(vendor) },
	{ "NAME", "name", "the device's name", COLUMN_SHOWN, OF_DEVICE(name), .least = 18 },
	{ "DRIVER", "driver", "the driver that has it", COLUMN_SHOWN, OF_DEVICE(driver) },
	{ "MODULES", "modalias_drivers", "modules that say they drive it", 0, .get = get_modalias_drivers },
	{ "GROUP", "iommu_group", "IOMMU group", COLUMN_SHOWN | COLUMN_RIGHT, OF_DEVICE(iommu_group), .drop = 1 },
	{ "NUMA", "numa_node", "NUMA node", COLUMN_RIGHT, OF_DEVICE(numa_node) },
	{ "NETDEVS", "netdevs", "network devices", COLUMN_SHOWN, .get = get_netdevs, .drop = 2 },
	{ "DISKS", "block_devices", "block devices", COLUMN_SHOWN, .get = get_block_devices, .drop = 3 },
	{ "PF", "pf", "physical function of a VF", 0, .get = get_pf },
	{ "VF", "vf_index", "number of a VF", COLUMN_RIGHT, OF_DEVICE(vf_index) },
	{ "VFS", "sriov", "VFs that there are, and could be", COLUMN_SHOWN, .get = get_sriov, .text = text_sriov,
		.drop = 4 },
	{ "RESET", "reset_methods", "reset methods, in the kernel's order", 0, .get = get_reset_methods },
	{ "USERS", "users", "kinds of use that stop it from being given away", COLUMN_SHOWN, .get = get_users,
		.text = text_users },
	{ "OWNER", "owner", "host, operator (bind), or a guest", 0, FIELD(struct device_row, verdict.owner_text) },
	{ "ASSIGNABLE", "assignable", "can a guest of 'sluice run' have it; \"other VMM\": another VMM's can",
		COLUMN_SHOWN, .get = get_assignable, .text = text_assignable, .color = color_assignable },
	{ "OTHER-VMM", "assignable_other_vmm", "can another VMM's guest have it, after 'sluice bind'", 0,
		.get = get_other_vmm },
	{ "REASON", "reasons", "why not: the first code; in JSON all, with what each stops", COLUMN_SHOWN,
		.get = get_reasons, .text = text_reasons },
	{ "PATH", "path", "where it sits, whatever its bus number; DEVICE path:...", COLUMN_ASKED, .get = get_path },
	{ "SERIAL", "serial", "serial number of the card (root); DEVICE serial:...", COLUMN_ASKED, .get = get_serial },
	{ "MAC", "permanent_mac", "MAC address that it came with; DEVICE mac:...", COLUMN_ASKED, .get = get_mac },
	{ "MANAGERS", "managers", "other programs that split it, choose its driver, or give it to guests", COLUMN_ASKED,
		.get = get_managers, .text = text_managers },
	{ "ESWITCH", "eswitch_mode", "mode of its embedded switch: legacy, switchdev", COLUMN_ASKED,
		.get = get_eswitch },
	{ "BOUND-BY", "bound_by", "who chose its driver (or none), by which file and line", COLUMN_ASKED,
		.get = get_bound_by, .text = text_bound_by },
	{ "BLOCKERS", "blockers", "codes of what stands against it; 'sluice explain CODE'", 0, .get = get_blockers },
	{ NULL },
};
