// SPDX-License-Identifier: GPL-2.0-or-later
/* What `vf list` knows of a VF: sysfs for where it is, netlink for its settings, leases and users for who has it. */
#include "view/vf_row.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/lease.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "sriov/vf_target.h"
#include "sriov/vf_text.h"

static const struct vf_row *row_of(const void *row)
{
	return row;
}

static const struct pci_device *device_of(const void *row)
{
	return row_of(row)->vf ? row_of(row)->vf : row_of(row)->pf;
}

static json_t *get_address(const void *row, const void *context)
{
	char text[PCI_ADDR_TEXT_SIZE];

	(void)context;
	return json_string(pci_addr_text(device_of(row)->addr, text));
}

static json_t *get_pf(const void *row, const void *context)
{
	char text[PCI_ADDR_TEXT_SIZE];

	(void)context;
	return row_of(row)->vf ? json_string(pci_addr_text(row_of(row)->pf->addr, text)) : json_null();
}

static json_t *get_index(const void *row, const void *context)
{
	(void)context;
	return json_number(device_of(row)->vf_index);
}

/* How to name it on the command line. */
static json_t *get_name(const void *row, const void *context)
{
	const struct vf_row *self = row_of(row);
	char text[PCI_ADDR_TEXT_SIZE];
	const char *pf = self->pf->netdev_count ? self->pf->netdevs[0].text : pci_addr_text(self->pf->addr, text);

	(void)context;
	return self->vf ? json_sprintf("%s/%d", pf, self->vf->vf_index) : json_string(pf);
}

static json_t *get_vfs(const void *row, const void *context)
{
	const struct vf_row *self = row_of(row);

	(void)context;
	return self->vf ? json_null() : json_sprintf("%u/%u", self->pf->sriov.num_vfs, self->pf->sriov.total_vfs);
}

static json_t *get_driver(const void *row, const void *context)
{
	(void)context;
	return json_text(device_of(row)->driver);
}

static json_t *get_group(const void *row, const void *context)
{
	(void)context;
	return json_number(device_of(row)->iommu_group);
}

static json_t *get_netdevs(const void *row, const void *context)
{
	json_t *list = json_array();

	(void)context;
	for (size_t i = 0; i < device_of(row)->netdev_count; i++)
		json_array_append_new(list, json_string(device_of(row)->netdevs[i].text));
	return list;
}

static json_t *get_mac(const void *row, const void *context)
{
	const struct vf_settings *settings = &row_of(row)->settings;
	char text[MAC_TEXT_SIZE];

	(void)context;
	return settings->has_mac ? json_string(mac_to_text(&settings->mac, text)) : json_null();
}

static json_t *get_vlan_proto(const void *row, const void *context)
{
	int proto = row_of(row)->settings.vlan_proto;

	(void)context;
	if (proto == VF_UNSET)
		return json_null();
	return json_string(proto == ETH_P_8021AD ? "802.1ad" : "802.1q");
}

static json_t *get_link_state(const void *row, const void *context)
{
	static const char *const names[] = {
		[VF_LINK_AUTO] = "auto",
		[VF_LINK_ENABLE] = "enable",
		[VF_LINK_DISABLE] = "disable",
	};
	int state = row_of(row)->settings.link_state;

	(void)context;
	return state >= 0 && (size_t)state < array_size(names) ? json_string(names[state]) : json_null();
}

static json_t *json_guid(bool has, uint64_t guid)
{
	return has ? json_hex(guid, 16) : json_null();
}

static json_t *get_node_guid(const void *row, const void *context)
{
	(void)context;
	return json_guid(row_of(row)->settings.has_node_guid, row_of(row)->settings.node_guid);
}

static json_t *get_port_guid(const void *row, const void *context)
{
	(void)context;
	return json_guid(row_of(row)->settings.has_port_guid, row_of(row)->settings.port_guid);
}

static json_t *get_stats(const void *row, const void *context)
{
	const struct vf_stats *stats = &row_of(row)->settings.stats;

	(void)context;
	if (!row_of(row)->settings.has_stats)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rx_packets", (json_int_t)stats->rx_packets,
		"tx_packets", (json_int_t)stats->tx_packets, "rx_bytes", (json_int_t)stats->rx_bytes, "tx_bytes",
		(json_int_t)stats->tx_bytes, "rx_dropped", (json_int_t)stats->rx_dropped, "tx_dropped",
		(json_int_t)stats->tx_dropped, "broadcast", (json_int_t)stats->broadcast, "multicast",
		(json_int_t)stats->multicast);
}

static void text_stats(const void *row, const void *context, char *buf, size_t size)
{
	const struct vf_settings *settings = &row_of(row)->settings;

	(void)context;
	if (settings->has_stats)
		snprintf(buf, size, "%llu in, %llu out", (unsigned long long)settings->stats.rx_packets,
			(unsigned long long)settings->stats.tx_packets);
	else
		text_copy(buf, size, "-");
}

static json_t *get_namespaces(const void *row, const void *context)
{
	const struct vf_settings *settings = &row_of(row)->settings;
	json_t *list;

	(void)context;
	if (!settings->has_namespaces)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < settings->namespaces.count; i++)
		json_array_append_new(list, json_integer(settings->namespaces.number[i]));
	return list;
}

static json_t *get_priority(const void *row, const void *context)
{
	static const char *const names[] = {
		[VF_PRIORITY_LOW] = "low",
		[VF_PRIORITY_NORMAL] = "normal",
		[VF_PRIORITY_HIGH] = "high",
	};
	int priority = row_of(row)->settings.sched_priority;

	(void)context;
	return priority >= 0 && (size_t)priority < array_size(names) ? json_string(names[priority]) : json_null();
}

/* A counter of the row; in JSON they are together in "stats". */
#define STAT(member) FIELD(struct vf_row, settings.stats.member), KNOWN_IF(struct vf_row, settings.has_stats)

const struct column vf_columns[] = {
	{ "ADDRESS", "address", "PCI address", COLUMN_SHOWN | COLUMN_TREE, .get = get_address },
	{ "PF", "pf", "physical function", 0, .get = get_pf },
	{ "INDEX", "index", "number of the VF", COLUMN_RIGHT, .get = get_index },
	{ "NAME", "name", "how to name it: PF, or PF/INDEX", COLUMN_SHOWN, .get = get_name },
	{ "VFS", "vfs", "of a PF: VFs that there are, and could be", COLUMN_SHOWN, .get = get_vfs, .drop = 3 },
	{ "DRIVER", "driver", "the driver that has it", COLUMN_SHOWN, .get = get_driver },
	{ "GROUP", "iommu_group", "IOMMU group", COLUMN_SHOWN | COLUMN_RIGHT, .get = get_group, .drop = 1 },
	{ "NETDEVS", "netdevs", "network devices", 0, .get = get_netdevs },
	{ "MAC", "mac", "the address that the PF gives it", COLUMN_SHOWN, .get = get_mac, .drop = 2 },
	{ "VLAN", "vlan", "VLAN, 0 for none", COLUMN_SHOWN | COLUMN_RIGHT, FIELD(struct vf_row, settings.vlan),
		.drop = 4 },
	{ "QOS", "qos", "VLAN priority", COLUMN_RIGHT, FIELD(struct vf_row, settings.qos) },
	{ "VLAN-PROTO", "vlan_proto", "VLAN protocol", 0, .get = get_vlan_proto },
	{ "MIN-RATE", "min_tx_rate", "guaranteed Mbit/s, 0 for none", COLUMN_RIGHT,
		FIELD(struct vf_row, settings.min_tx_rate) },
	{ "MAX-RATE", "max_tx_rate", "limit in Mbit/s, 0 for none", COLUMN_RIGHT,
		FIELD(struct vf_row, settings.max_tx_rate) },
	{ "SPOOFCHK", "spoofchk", "drops what has a foreign address", COLUMN_SHOWN,
		FIELD(struct vf_row, settings.spoofchk), .as = COLUMN_AS_SWITCH, .drop = 6 },
	{ "TRUST", "trust", "may change its address and listen to all", COLUMN_SHOWN,
		FIELD(struct vf_row, settings.trust), .as = COLUMN_AS_SWITCH, .drop = 5 },
	{ "LINK", "link_state", "link state", 0, .get = get_link_state },
	{ "RSS", "query_rss", "may read the RSS table", 0, FIELD(struct vf_row, settings.query_rss),
		.as = COLUMN_AS_SWITCH },
	{ "NODE-GUID", "node_guid", "InfiniBand node", 0, .get = get_node_guid },
	{ "PORT-GUID", "port_guid", "InfiniBand port", 0, .get = get_port_guid },
	{ "QUEUES", "queues", "NVMe: queues that it was given", COLUMN_RIGHT, FIELD(struct vf_row, settings.queues) },
	{ "INTERRUPTS", "interrupts", "NVMe: interrupts that it was given", COLUMN_RIGHT,
		FIELD(struct vf_row, settings.interrupts) },
	{ "ONLINE", "online", "NVMe: switched on by its primary controller", 0, FIELD(struct vf_row, settings.online),
		.as = COLUMN_AS_SWITCH },
	{ "NAMESPACES", "namespaces", "NVMe: namespaces that are attached", 0, .get = get_namespaces },
	{ "MSIX", "msix", "interrupt vectors, where they can be set", COLUMN_RIGHT,
		FIELD(struct vf_row, settings.msix) },
	{ "QUANTUM", "exec_quantum_ms", "xe: milliseconds of the card in a row", COLUMN_RIGHT,
		FIELD(struct vf_row, settings.exec_quantum_ms) },
	{ "PREEMPT", "preempt_timeout_us", "xe: microseconds until it is made to let go", COLUMN_RIGHT,
		FIELD(struct vf_row, settings.preempt_timeout_us) },
	{ "PRIORITY", "sched_priority", "xe: low, normal or high", 0, .get = get_priority },
	{ "VRAM", "vram_quota", "xe: bytes of the card's memory", COLUMN_RIGHT | COLUMN_SIZE,
		FIELD(struct vf_row, settings.vram_quota) },
	{ "RX-PACKETS", "rx_packets", "packets that it got", COLUMN_RIGHT | COLUMN_ASKED, STAT(rx_packets) },
	{ "TX-PACKETS", "tx_packets", "packets that it sent", COLUMN_RIGHT | COLUMN_ASKED, STAT(tx_packets) },
	{ "RX-BYTES", "rx_bytes", "bytes that it got", COLUMN_RIGHT | COLUMN_ASKED, STAT(rx_bytes) },
	{ "TX-BYTES", "tx_bytes", "bytes that it sent", COLUMN_RIGHT | COLUMN_ASKED, STAT(tx_bytes) },
	{ "RX-DROPPED", "rx_dropped", "packets to it that were dropped", COLUMN_RIGHT | COLUMN_ASKED,
		STAT(rx_dropped) },
	{ "TX-DROPPED", "tx_dropped", "packets from it that were dropped", COLUMN_RIGHT | COLUMN_ASKED,
		STAT(tx_dropped) },
	{ "BROADCAST", "broadcast", "broadcast packets that it got", COLUMN_RIGHT | COLUMN_ASKED, STAT(broadcast) },
	{ "MULTICAST", "multicast", "multicast packets that it got", COLUMN_RIGHT | COLUMN_ASKED, STAT(multicast) },
	{ "STATS", "stats", "packets", 0, .get = get_stats, .text = text_stats },
	{ "USER", "user", "who has it", COLUMN_SHOWN, FIELD(struct vf_row, user) },
	{ NULL },
};

const struct table vf_table = { .payload = "vfs", .columns = vf_columns };

static int find_user(const struct host *host, struct vf_row *row, struct error *err)
{
	struct pci_users users = { 0 };
	char guest[GUEST_NAME_SIZE];
	int ret;

	if (lease_guest(&host->root, row->vf->addr, guest)) {
		snprintf(row->user, sizeof(row->user), "guest %s", guest);
		return 0;
	}
	ret = host_users(host, row->vf, &users, err);
	for (size_t i = 0; !ret && i < users.count && !row->user[0]; i++)
		if (users.user[i].severity == PCI_USER_BLOCKS)
			text_copy(row->user, sizeof(row->user), users.user[i].what);
	pci_users_done(&users);
	return ret;
}

static struct vf_row *add_row(
	struct vf_list *list, const struct pci_device *pf, const struct pci_device *vf, int parent)
{
	struct vf_row *row = &list->row[list->count];

	*row = (struct vf_row){ .pf = pf, .vf = vf };
	vf_settings_init(&row->settings);
	list->line[list->count++] = (struct table_row){ row, parent };
	return row;
}

static int add_pf(const struct host *host, const struct pci_device *pf, struct vf_settings *settings,
	struct vf_list *list, struct error *err)
{
	size_t known = pf->sriov.num_vfs ? vf_target_read_all(&host->root, pf, settings, VF_SETTINGS_MAX) : 0;
	int parent = (int)list->count;

	add_row(list, pf, NULL, -1);
	for (size_t i = 0; i < host->pci.count; i++) {
		const struct pci_device *vf = &host->pci.devices[i];
		struct vf_row *row;
		int ret;

		if (!vf->is_vf || pci_addr_compare(vf->pf, pf->addr))
			continue;
		row = add_row(list, pf, vf, parent);
		if ((size_t)vf->vf_index < known)
			row->settings = settings[vf->vf_index];
		ret = find_user(host, row, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int vf_list_read(const struct host *host, const struct pci_device *pf, struct vf_list *ret_list, struct error *err)
{
	struct vf_list list = {
		.row = calloc(host->pci.count + 1, sizeof(*list.row)),
		.line = calloc(host->pci.count + 1, sizeof(*list.line)),
	};
	cleanup_free struct vf_settings *settings = calloc(VF_SETTINGS_MAX, sizeof(*settings));
	int ret = list.row && list.line && settings ? 0 : fail(err, ENOMEM, "list VFs");

	for (size_t i = 0; !ret && i < host->pci.count; i++) {
		const struct pci_device *device = &host->pci.devices[i];

		if (device->sriov.capable && (!pf || pf == device))
			ret = add_pf(host, device, settings, &list, err);
	}
	if (ret < 0)
		vf_list_done(&list);
	else
		*ret_list = list;
	return ret;
}

void vf_list_done(struct vf_list *list)
{
	free(list->row);
	free(list->line);
	*list = (struct vf_list){ 0 };
}

json_t *vf_list_json(const struct vf_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		json_t *object = list->row[i].vf ? table_row_json(&vf_table, &list->row[i]) : NULL;

		/* A count that PFs have. */
		if (object) {
			json_object_del(object, "vfs");
			json_array_append_new(array, object);
		}
	}
	return array;
}

json_t *pf_list_json(const struct vf_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct pci_device *pf = list->row[i].pf;
		char name[PCI_ADDR_TEXT_SIZE];

		if (list->row[i].vf)
			continue;
		json_array_append_new(array,
			json_pack("{s:s, s:o, s:i, s:i}", "address", pci_addr_text(pf->addr, name), "driver",
				json_text(pf->driver), "num_vfs", pf->sriov.num_vfs, "total_vfs", pf->sriov.total_vfs));
	}
	return array;
}
