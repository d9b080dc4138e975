// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IFLA_VFINFO_LIST > IFLA_VF_INFO > IFLA_VF_* (include/uapi/linux/if_link.h), both ways. The kernel reads and writes
 * the same structs, with a few differences: a VLAN is written once, and read as IFLA_VF_VLAN and in IFLA_VF_VLAN_LIST;
 * what a driver does not report arrives as all ones.
 */
#include "sriov/vf_message.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <netlink/attr.h>
#include <string.h>

#include "base/cleanup.h"

/* Attributes of the shape { vf, 32-bit value }. */
static const struct {
	int type;
	size_t member; /* int, in struct vf_settings */
} switches[] = {
	{ IFLA_VF_SPOOFCHK, offsetof(struct vf_settings, spoofchk) },
	{ IFLA_VF_TRUST, offsetof(struct vf_settings, trust) },
	{ IFLA_VF_RSS_QUERY_EN, offsetof(struct vf_settings, query_rss) },
	{ IFLA_VF_LINK_STATE, offsetof(struct vf_settings, link_state) },
};

_Static_assert(sizeof(struct ifla_vf_spoofchk) == sizeof(struct ifla_vf_trust) &&
		       sizeof(struct ifla_vf_spoofchk) == sizeof(struct ifla_vf_rss_query_en) &&
		       sizeof(struct ifla_vf_spoofchk) == sizeof(struct ifla_vf_link_state),
	"all switches have one shape");
_Static_assert(
	(int)IFLA_VF_LINK_STATE_AUTO == (int)VF_LINK_AUTO && (int)IFLA_VF_LINK_STATE_DISABLE == (int)VF_LINK_DISABLE,
	"our link states are the kernel's");

static int put_vlan(struct nl_msg *message, unsigned int index, const struct vf_settings *settings)
{
	const struct ifla_vf_vlan vlan = { index, (uint32_t)settings->vlan, (uint32_t)settings->qos };
	const struct ifla_vf_vlan_info info = { index, (uint32_t)settings->vlan, (uint32_t)settings->qos,
		htons((uint16_t)settings->vlan_proto) };
	struct nlattr *list;
	int ret;

	if (settings->vlan == VF_UNSET)
		return 0;
	/* Drivers without 802.1ad know the plain attribute only. */
	if (settings->vlan_proto != ETH_P_8021AD)
		return nla_put(message, IFLA_VF_VLAN, sizeof(vlan), &vlan);
	list = nla_nest_start(message, IFLA_VF_VLAN_LIST);
	if (!list)
		return -1;
	ret = nla_put(message, IFLA_VF_VLAN_INFO, sizeof(info), &info);
	return ret < 0 ? ret : nla_nest_end(message, list);
}

static int put_rate(struct nl_msg *message, unsigned int index, const struct vf_settings *settings)
{
	const struct ifla_vf_rate rate = { index, (uint32_t)settings->min_tx_rate, (uint32_t)settings->max_tx_rate };

	if (settings->min_tx_rate == VF_UNSET || settings->max_tx_rate == VF_UNSET)
		return 0;
	return nla_put(message, IFLA_VF_RATE, sizeof(rate), &rate);
}

static int put_mac(struct nl_msg *message, unsigned int index, const struct vf_settings *settings)
{
	struct ifla_vf_mac mac = { .vf = index };

	if (!settings->has_mac)
		return 0;
	memcpy(mac.mac, settings->mac.octet, sizeof(settings->mac.octet));
	return nla_put(message, IFLA_VF_MAC, sizeof(mac), &mac);
}

static int put_guid(struct nl_msg *message, int type, unsigned int index, bool set, uint64_t value)
{
	const struct ifla_vf_guid guid = { .vf = index, .guid = value };

	return set ? nla_put(message, type, sizeof(guid), &guid) : 0;
}

static int put_switches(struct nl_msg *message, unsigned int index, const struct vf_settings *settings)
{
	for (size_t i = 0; i < array_size(switches); i++) {
		int value = *(const int *)((const char *)settings + switches[i].member);
		const struct ifla_vf_spoofchk one = { index, (uint32_t)value };

		if (value != VF_UNSET && nla_put(message, switches[i].type, sizeof(one), &one) < 0)
			return -1;
	}
	return 0;
}

int vf_message_put(struct nl_msg *message, unsigned int index, const struct vf_settings *settings)
{
	struct nlattr *list = nla_nest_start(message, IFLA_VFINFO_LIST);
	struct nlattr *entry = list ? nla_nest_start(message, IFLA_VF_INFO) : NULL;

	if (!entry || put_mac(message, index, settings) < 0 || put_vlan(message, index, settings) < 0 ||
		put_rate(message, index, settings) < 0 || put_switches(message, index, settings) < 0 ||
		put_guid(message, IFLA_VF_IB_NODE_GUID, index, settings->has_node_guid, settings->node_guid) < 0 ||
		put_guid(message, IFLA_VF_IB_PORT_GUID, index, settings->has_port_guid, settings->port_guid) < 0)
		return -1;
	nla_nest_end(message, entry);
	nla_nest_end(message, list);
	return 0;
}

static bool get(struct nlattr *const *table, int type, void *buf, size_t size)
{
	if (!table[type] || (size_t)nla_len(table[type]) < size)
		return false;
	memcpy(buf, nla_data(table[type]), size);
	return true;
}

static void parse_vlan(struct nlattr *const *table, struct vf_settings *settings)
{
	struct ifla_vf_vlan vlan;
	struct ifla_vf_vlan_info info;
	struct nlattr *one;

	if (get(table, IFLA_VF_VLAN, &vlan, sizeof(vlan))) {
		settings->vlan = vlan.vlan & 0xfff;
		settings->qos = vlan.qos & 7;
	}
	if (!table[IFLA_VF_VLAN_LIST])
		return;
	one = nla_find(nla_data(table[IFLA_VF_VLAN_LIST]), nla_len(table[IFLA_VF_VLAN_LIST]), IFLA_VF_VLAN_INFO);
	if (!one || (size_t)nla_len(one) < sizeof(info))
		return;
	memcpy(&info, nla_data(one), sizeof(info));
	settings->vlan = info.vlan & 0xfff;
	settings->qos = info.qos & 7;
	settings->vlan_proto = ntohs(info.vlan_proto);
}

static void parse_stats(struct nlattr *const *table, struct vf_stats *stats, bool *ret_has)
{
	static const struct {
		int type;
		size_t member;
	} counters[] = {
		{ IFLA_VF_STATS_RX_PACKETS, offsetof(struct vf_stats, rx_packets) },
		{ IFLA_VF_STATS_TX_PACKETS, offsetof(struct vf_stats, tx_packets) },
		{ IFLA_VF_STATS_RX_BYTES, offsetof(struct vf_stats, rx_bytes) },
		{ IFLA_VF_STATS_TX_BYTES, offsetof(struct vf_stats, tx_bytes) },
		{ IFLA_VF_STATS_RX_DROPPED, offsetof(struct vf_stats, rx_dropped) },
		{ IFLA_VF_STATS_TX_DROPPED, offsetof(struct vf_stats, tx_dropped) },
		{ IFLA_VF_STATS_BROADCAST, offsetof(struct vf_stats, broadcast) },
		{ IFLA_VF_STATS_MULTICAST, offsetof(struct vf_stats, multicast) },
	};
	struct nlattr *values[IFLA_VF_STATS_MAX + 1];

	if (!table[IFLA_VF_STATS] || nla_parse_nested(values, IFLA_VF_STATS_MAX, table[IFLA_VF_STATS], NULL) < 0)
		return;
	for (size_t i = 0; i < array_size(counters); i++)
		*ret_has |=
			get(values, counters[i].type, (char *)stats + counters[i].member, sizeof(stats->rx_packets));
}

static void parse_entry(struct nlattr *entry, struct vf_settings *settings)
{
	struct nlattr *table[IFLA_VF_MAX + 1];
	struct ifla_vf_mac mac;
	struct ifla_vf_rate rate;
	struct ifla_vf_guid guid;

	vf_settings_init(settings);
	if (nla_parse_nested(table, IFLA_VF_MAX, entry, NULL) < 0)
		return;
	if (get(table, IFLA_VF_MAC, &mac, sizeof(mac))) {
		settings->has_mac = true;
		memcpy(settings->mac.octet, mac.mac, sizeof(settings->mac.octet));
	}
	parse_vlan(table, settings);
	if (get(table, IFLA_VF_RATE, &rate, sizeof(rate))) {
		settings->min_tx_rate = rate.min_tx_rate;
		settings->max_tx_rate = rate.max_tx_rate;
	}
	for (size_t i = 0; i < array_size(switches); i++) {
		struct ifla_vf_spoofchk one;

		if (get(table, switches[i].type, &one, sizeof(one)) && one.setting <= VF_LINK_DISABLE)
			*(int *)((char *)settings + switches[i].member) = (int)one.setting;
	}
	settings->has_node_guid = get(table, IFLA_VF_IB_NODE_GUID, &guid, sizeof(guid));
	settings->node_guid = settings->has_node_guid ? guid.guid : 0;
	settings->has_port_guid = get(table, IFLA_VF_IB_PORT_GUID, &guid, sizeof(guid));
	settings->port_guid = settings->has_port_guid ? guid.guid : 0;
	parse_stats(table, &settings->stats, &settings->has_stats);
}

size_t vf_message_parse(struct nlattr *list, struct vf_settings *ret_settings, size_t max)
{
	struct nlattr *entry;
	size_t count = 0;
	int left;

	nla_for_each_nested(entry, list, left)
	{
		if (nla_type(entry) != IFLA_VF_INFO || count == max)
			continue;
		parse_entry(entry, &ret_settings[count++]);
	}
	return count;
}
