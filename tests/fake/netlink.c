// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RTM_GETLINK and RTM_SETLINK for network devices of PFs, as net/core/rtnetlink.c answers them (include/uapi/linux/
 * if_link.h): IFLA_NUM_VF and IFLA_VFINFO_LIST out, one IFLA_VF_INFO's attributes in, in their order, up to the first
 * that the driver refuses. Nothing else of netlink is here: other requests are EOPNOTSUPP.
 */
#include "tests/fake/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "tests/fake/kernel.h"

struct writer {
	char *buf;
	size_t used, size;
};

static void put_bytes(struct writer *writer, const void *bytes, size_t length)
{
	size_t padded = NLMSG_ALIGN(length);

	if (writer->used + padded > writer->size)
		return;
	memset(writer->buf + writer->used, 0, padded);
	memcpy(writer->buf + writer->used, bytes, length);
	writer->used += padded;
}

static void put(struct writer *writer, uint16_t type, const void *value, size_t length)
{
	const struct nlattr header = { .nla_len = (uint16_t)(NLA_HDRLEN + length), .nla_type = type };

	put_bytes(writer, &header, sizeof(header));
	put_bytes(writer, value, length);
}

static size_t begin(struct writer *writer, uint16_t type)
{
	put(writer, type, NULL, 0);
	return writer->used - NLA_HDRLEN;
}

/* A length that does not fit 16 bits is the kernel's problem too, and there the message is not sent. */
static void end(struct writer *writer, size_t at)
{
	((struct nlattr *)(writer->buf + at))->nla_len = (uint16_t)(writer->used - at);
}

/* Attributes ------------------------------------------------------------------------------------------------------ */

/* The driver's own word on a value: 0 or -errno. */
typedef int (*set_fn)(struct vf_attributes *vf, const void *value);

static int set_mac(struct vf_attributes *vf, const void *value)
{
	const struct ifla_vf_mac *mac = value;

	if (mac->mac[0] & 1)
		return -EINVAL;
	memcpy(vf->mac, mac->mac, ETH_ALEN);
	return 0;
}

static int set_vlan(struct vf_attributes *vf, const void *value)
{
	const struct ifla_vf_vlan *vlan = value;

	if (vlan->vlan > 4095 || vlan->qos > 7)
		return -EINVAL;
	vf->vlan = vlan->vlan;
	vf->qos = vlan->qos;
	vf->vlan_proto = ETH_P_8021Q;
	return 0;
}

/* IFLA_VF_VLAN_LIST holds one IFLA_VF_VLAN_INFO. */
static int set_vlan_list(struct vf_attributes *vf, const void *value)
{
	const struct ifla_vf_vlan_info *info = (const void *)((const char *)value + NLA_HDRLEN);

	if (info->vlan > 4095 || info->qos > 7)
		return -EINVAL;
	vf->vlan = info->vlan;
	vf->qos = info->qos;
	vf->vlan_proto = ntohs(info->vlan_proto);
	return 0;
}

static int set_rate(struct vf_attributes *vf, const void *value)
{
	const struct ifla_vf_rate *rate = value;

	if (rate->max_tx_rate && rate->min_tx_rate > rate->max_tx_rate)
		return -EINVAL;
	vf->min_rate = rate->min_tx_rate;
	vf->max_rate = rate->max_tx_rate;
	return 0;
}

#define SETTER(name, member, limit)                                                                                    \
	static int name(struct vf_attributes *vf, const void *value)                                                   \
	{                                                                                                              \
		uint32_t number = ((const struct ifla_vf_trust *)value)->setting;                                      \
                                                                                                                       \
		if (number > (limit))                                                                                  \
			return -EINVAL;                                                                                \
		vf->member = number;                                                                                   \
		return 0;                                                                                              \
	}
SETTER(set_spoofchk, spoofchk, 1)
SETTER(set_trust, trust, 1)
SETTER(set_query_rss, query_rss, 1)
SETTER(set_link_state, link_state, IFLA_VF_LINK_STATE_DISABLE)

static int set_node_guid(struct vf_attributes *vf, const void *value)
{
	vf->node_guid = ((const struct ifla_vf_guid *)value)->guid;
	return 0;
}

static int set_port_guid(struct vf_attributes *vf, const void *value)
{
	vf->port_guid = ((const struct ifla_vf_guid *)value)->guid;
	return 0;
}

/* Each struct ifla_vf_* begins with the VF's number. */
static const struct {
	const char *name;
	uint16_t type;
	size_t size; /* at least */
	set_fn set;
} known[] = {
	{ "mac", IFLA_VF_MAC, sizeof(struct ifla_vf_mac), set_mac },
	{ "vlan", IFLA_VF_VLAN, sizeof(struct ifla_vf_vlan), set_vlan },
	{ "vlan_list", IFLA_VF_VLAN_LIST, NLA_HDRLEN + sizeof(struct ifla_vf_vlan_info), set_vlan_list },
	{ "rate", IFLA_VF_RATE, sizeof(struct ifla_vf_rate), set_rate },
	{ "spoofchk", IFLA_VF_SPOOFCHK, sizeof(struct ifla_vf_spoofchk), set_spoofchk },
	{ "trust", IFLA_VF_TRUST, sizeof(struct ifla_vf_trust), set_trust },
	{ "query_rss", IFLA_VF_RSS_QUERY_EN, sizeof(struct ifla_vf_rss_query_en), set_query_rss },
	{ "link_state", IFLA_VF_LINK_STATE, sizeof(struct ifla_vf_link_state), set_link_state },
	{ "node_guid", IFLA_VF_IB_NODE_GUID, sizeof(struct ifla_vf_guid), set_node_guid },
	{ "port_guid", IFLA_VF_IB_PORT_GUID, sizeof(struct ifla_vf_guid), set_port_guid },
};

enum {
	KNOWN = sizeof(known) / sizeof(known[0])
};

unsigned int vf_attributes_named(const char *names)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < KNOWN; i++) {
		size_t length = strlen(known[i].name);

		for (const char *at = names; (at = strstr(at, known[i].name)); at += length)
			if ((at == names || at[-1] == ',') && (!at[length] || at[length] == ','))
				bits |= 1u << i;
	}
	return bits;
}

static void put_vf(struct writer *writer, const struct function *pf, uint32_t index)
{
	const struct vf_attributes *vf = &pf->attributes[index];
	unsigned int lacks = pf->driver ? pf->driver->lacks : 0;
	struct ifla_vf_mac mac = { .vf = index };
	const struct ifla_vf_vlan vlan = { index, vf->vlan, vf->qos };
	const struct ifla_vf_vlan_info info = { index, vf->vlan, vf->qos, htons(vf->vlan_proto) };
	const struct ifla_vf_tx_rate tx_rate = { index, vf->max_rate };
	const struct ifla_vf_rate rate = { index, vf->min_rate, vf->max_rate };
	const struct {
		uint16_t type;
		const char *name;
		uint32_t value;
	} switches[] = {
		{ IFLA_VF_SPOOFCHK, "spoofchk", vf->spoofchk },
		{ IFLA_VF_LINK_STATE, "link_state", vf->link_state },
		{ IFLA_VF_RSS_QUERY_EN, "query_rss", vf->query_rss },
		{ IFLA_VF_TRUST, "trust", vf->trust },
	};
	size_t entry = begin(writer, IFLA_VF_INFO);
	size_t list;

	memcpy(mac.mac, vf->mac, ETH_ALEN);
	put(writer, IFLA_VF_MAC, &mac, sizeof(mac));
	put(writer, IFLA_VF_VLAN, &vlan, sizeof(vlan));
	put(writer, IFLA_VF_RATE, &rate, sizeof(rate));
	put(writer, IFLA_VF_TX_RATE, &tx_rate, sizeof(tx_rate));
	/* What a driver does not report arrives as all ones. */
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		const uint32_t both[2] = { index,
			lacks & vf_attributes_named(switches[i].name) ? (uint32_t)-1 : switches[i].value };

		put(writer, switches[i].type, both, sizeof(both));
	}
	list = begin(writer, IFLA_VF_VLAN_LIST);
	put(writer, IFLA_VF_VLAN_INFO, &info, sizeof(info));
	end(writer, list);
	end(writer, entry);
}

/* 0, or -EMSGSIZE: the list's length has 16 bits, and the kernel ends the request where they do not do. */
static int put_vfs(struct writer *writer, const struct function *pf)
{
	size_t list;

	put(writer, IFLA_NUM_VF, &pf->count, sizeof(pf->count));
	list = begin(writer, IFLA_VFINFO_LIST);
	for (uint32_t i = 0; i < pf->count; i++) {
		put_vf(writer, pf, i);
		if (writer->used - list > UINT16_MAX)
			return -EMSGSIZE;
	}
	end(writer, list);
	return 0;
}

/* On failure nothing is put. */
static int put_link(struct writer *writer, const struct nlmsghdr *request, const struct function *pf, bool with_vfs)
{
	const struct ifinfomsg info = {
		.ifi_type = 1, .ifi_index = (int)pf->net.index, .ifi_flags = pf->net.up ? IFF_UP : 0
	};
	struct nlmsghdr header = {
		.nlmsg_type = RTM_NEWLINK, .nlmsg_seq = request->nlmsg_seq, .nlmsg_pid = request->nlmsg_pid
	};
	size_t at = writer->used;
	int ret = 0;

	put_bytes(writer, &header, sizeof(header));
	put_bytes(writer, &info, sizeof(info));
	put(writer, IFLA_IFNAME, pf->net.name, strlen(pf->net.name) + 1);
	put(writer, IFLA_ADDRESS, pf->net.mac, ETH_ALEN);
	if (with_vfs && pf->total)
		ret = put_vfs(writer, pf);
	if (ret < 0) {
		writer->used = at;
		return ret;
	}
	header.nlmsg_len = (uint32_t)(writer->used - at);
	memcpy(writer->buf + at, &header, sizeof(header));
	return 0;
}

/* Extended acknowledgement: the message behind the error when the kernel has words for it. */
static void put_ack(struct writer *writer, const struct nlmsghdr *request, int error, const char *reason)
{
	struct nlmsghdr header = { .nlmsg_type = NLMSG_ERROR,
		.nlmsg_flags = NLM_F_CAPPED,
		.nlmsg_seq = request->nlmsg_seq,
		.nlmsg_pid = request->nlmsg_pid };
	const struct nlmsgerr answer = { .error = error, .msg = *request };
	size_t at = writer->used;

	put_bytes(writer, &header, sizeof(header));
	put_bytes(writer, &answer, sizeof(answer));
	if (error && reason[0]) {
		header.nlmsg_flags |= NLM_F_ACK_TLVS;
		put(writer, NLMSGERR_ATTR_MSG, reason, strlen(reason) + 1);
	}
	header.nlmsg_len = (uint32_t)(writer->used - at);
	memcpy(writer->buf + at, &header, sizeof(header));
}

/* A list of which this kernel has nothing: routes, addresses. */
static void put_empty_dump(struct writer *writer, const struct nlmsghdr *request)
{
	const int status = 0;
	const struct nlmsghdr header = { .nlmsg_len = NLMSG_LENGTH(sizeof(status)),
		.nlmsg_type = NLMSG_DONE,
		.nlmsg_flags = NLM_F_MULTI,
		.nlmsg_seq = request->nlmsg_seq,
		.nlmsg_pid = request->nlmsg_pid };

	put_bytes(writer, &header, sizeof(header));
	put_bytes(writer, &status, sizeof(status));
}

static bool is_empty_dump(const struct nlmsghdr *request)
{
	return (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
	       (request->nlmsg_type == RTM_GETROUTE || request->nlmsg_type == RTM_GETADDR);
}

/* Requests -------------------------------------------------------------------------------------------------------- */

static struct function *pf_of(const struct kernel *kernel, int index)
{
	for (struct function *function = kernel->functions; function; function = function->next)
		if (function->dir && function->net.name[0] && (int)function->net.index == index)
			return function;
	return NULL;
}

static struct function *pf_by_name(const struct kernel *kernel, const char *name)
{
	for (struct function *function = kernel->functions; function; function = function->next)
		if (function->dir && function->net.name[0] && !strcmp(function->net.name, name))
			return function;
	return NULL;
}

static const struct nlattr *next_attribute(const struct nlattr *now, const char *end)
{
	const char *next = (const char *)now + NLA_ALIGN(now->nla_len);

	if (now->nla_len < NLA_HDRLEN || next + NLA_HDRLEN > end)
		return NULL;
	return (const struct nlattr *)next;
}

static const struct nlattr *first_attribute(const void *begin_at, const char *end)
{
	return (const char *)begin_at + NLA_HDRLEN > end ? NULL : begin_at;
}

static const struct nlattr *find_attribute(const void *begin_at, const char *end, uint16_t type)
{
	const struct nlattr *at = first_attribute(begin_at, end);

	while (at && (at->nla_type & NLA_TYPE_MASK) != type)
		at = next_attribute(at, end);
	return at;
}

/* What a driver of real cards says to a value that the kernel has let through. */
static int driver_check(const struct driver *driver, uint16_t type, const void *value)
{
	const struct ifla_vf_rate *rate = value;
	const struct ifla_vf_vlan_info *info = (const void *)((const char *)value + NLA_HDRLEN);

	if (type == IFLA_VF_RATE && driver->no_min_rate && rate->min_tx_rate)
		return -EINVAL;
	if (type == IFLA_VF_RATE && driver->max_rate && rate->max_tx_rate > driver->max_rate)
		return -EINVAL;
	if (type == IFLA_VF_VLAN_LIST && driver->no_8021ad && ntohs(info->vlan_proto) != ETH_P_8021Q)
		return -EPROTONOSUPPORT;
	return 0;
}

static int set_value(const struct function *pf, size_t known_at, uint32_t index, const void *value)
{
	int ret = pf->driver ? driver_check(pf->driver, known[known_at].type, value) : 0;

	if (index >= pf->count)
		return -EINVAL;
	return ret < 0 ? ret : known[known_at].set(&pf->attributes[index], value);
}

static int set_one(struct kernel *kernel, struct function *pf, const struct nlattr *one, struct fault_effect *effect)
{
	const char *value = (const char *)one + NLA_HDRLEN;
	uint16_t type = one->nla_type & NLA_TYPE_MASK;
	char path[96];
	uint32_t index;
	size_t i = 0;
	int ret;

	while (i < KNOWN && known[i].type != type)
		i++;
	if (i == KNOWN)
		return -EOPNOTSUPP;
	if (one->nla_len < NLA_HDRLEN + known[i].size)
		return -EINVAL;
	memcpy(&index, type == IFLA_VF_VLAN_LIST ? value + NLA_HDRLEN : value, sizeof(index));
	snprintf(path, sizeof(path), "netlink/%s/%s", pf->net.name, known[i].name);
	*effect = fault_match(kernel, FAULT_WRITE, path, NULL);
	if (effect->errnum)
		ret = -effect->errnum;
	else if (pf->driver && pf->driver->lacks & 1u << i)
		ret = -EOPNOTSUPP;
	else
		ret = set_value(pf, i, index, value);
	log_line(kernel, "%s = VF %u%s%s", path, index, ret ? " -> " : "", ret ? strerrorname_np(-ret) : "");
	return ret;
}

static int set_link(struct kernel *kernel, struct function *pf, const struct nlmsghdr *request, const char *end_at,
	struct fault_effect *effect)
{
	const char *attributes = (const char *)NLMSG_DATA(request) + NLMSG_ALIGN(sizeof(struct ifinfomsg));
	const struct nlattr *list = find_attribute(attributes, end_at, IFLA_VFINFO_LIST);
	const char *list_end = list ? (const char *)list + list->nla_len : NULL;
	const struct nlattr *entry = list ? first_attribute(list + 1, list_end) : NULL;
	int ret = 0;

	for (; entry && !ret; entry = next_attribute(entry, list_end)) {
		const char *entry_end = (const char *)entry + entry->nla_len;
		const struct nlattr *one = first_attribute(entry + 1, entry_end);

		for (; one && !ret; one = next_attribute(one, entry_end))
			ret = set_one(kernel, pf, one, effect);
	}
	return ret;
}

static bool wants_vfs(const struct nlmsghdr *request, const char *end_at)
{
	const char *attributes = (const char *)NLMSG_DATA(request) + NLMSG_ALIGN(sizeof(struct ifinfomsg));
	const struct nlattr *mask = find_attribute(attributes, end_at, IFLA_EXT_MASK);

	return mask && *(const uint32_t *)(mask + 1) & RTEXT_FILTER_VF;
}

/* By its number, or by its name where that is 0. */
static struct function *link_of(const struct kernel *kernel, const struct nlmsghdr *request, const char *end_at)
{
	const struct ifinfomsg *info = NLMSG_DATA(request);
	const char *attributes = (const char *)info + NLMSG_ALIGN(sizeof(*info));
	const struct nlattr *name = info->ifi_index ? NULL : find_attribute(attributes, end_at, IFLA_IFNAME);

	if (name && memchr(name + 1, 0, name->nla_len - sizeof(*name)))
		return pf_by_name(kernel, (const char *)(name + 1));
	return pf_of(kernel, info->ifi_index);
}

/* iproute2 changes a link that there is by RTM_NEWLINK. */
static bool is_known(uint16_t type)
{
	return type == RTM_GETLINK || type == RTM_SETLINK || type == RTM_NEWLINK;
}

size_t netlink_answer(struct kernel *kernel, const void *message, size_t length, void *buf, size_t size)
{
	const struct nlmsghdr *request = message;
	const struct ifinfomsg *info = NLMSG_DATA(request);
	struct writer writer = { .buf = buf, .size = size };
	struct fault_effect effect = { 0 };
	struct function *pf;
	int ret = -EOPNOTSUPP;

	if (length < NLMSG_LENGTH(sizeof(*info)) || request->nlmsg_len > length)
		return 0;
	if (is_empty_dump(request)) {
		put_empty_dump(&writer, request);
		return writer.used;
	}
	pf = is_known(request->nlmsg_type) ? link_of(kernel, request, (const char *)message + request->nlmsg_len)
					   : NULL;
	if (pf && request->nlmsg_type == RTM_GETLINK) {
		effect = fault_match(kernel, FAULT_READ, "netlink/get", pf->net.name);
		ret = -effect.errnum;
		if (!ret)
			ret = put_link(
				&writer, request, pf, wants_vfs(request, (const char *)message + request->nlmsg_len));
	} else if (pf) {
		ret = set_link(kernel, pf, request, (const char *)message + request->nlmsg_len, &effect);
	} else if (is_known(request->nlmsg_type)) {
		ret = -ENODEV;
	}
	if (effect.log[0] && ret)
		kmsg_line(kernel, 3, "%s", effect.log);
	put_ack(&writer, request, ret, effect.log);
	return writer.used;
}
