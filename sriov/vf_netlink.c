// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * VF settings over rtnetlink: RTM_GETLINK with RTEXT_FILTER_VF answers IFLA_VFINFO_LIST, RTM_SETLINK takes one entry of
 * it (include/uapi/linux/if_link.h). Built from libnl's sockets and attributes; its rtnl_link_vf objects are not used,
 * since they know neither GUIDs nor the kernel's own words in an extended acknowledgement.
 *
 * VF statistics are in the same answer. The kernel numbers VFs as sysfs does, virtfnN.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "os/kmsg.h"
#include "sriov/representor.h"
#include "sriov/vf_eswitch.h"
#include "sriov/vf_message.h"

/* What one request brought back. */
struct exchange {
	int errnum; /* of the acknowledgement, 0 for success */
	bool done;
	char reason[128]; /* the kernel's words, "" for none */
	struct vf_settings *settings;
	size_t max, count;
};

static void free_socket(struct nl_sock **socket)
{
	nl_socket_free(*socket);
}

static void free_message(struct nl_msg **message)
{
	nlmsg_free(*message);
}

static void free_callbacks(struct nl_cb **callbacks)
{
	if (*callbacks)
		nl_cb_put(*callbacks);
}

/* Extended acknowledgement: attributes behind the error, and behind the request that failed unless it was cut off. */
static void take_reason(struct exchange *exchange, const struct nlmsgerr *error)
{
	const struct nlmsghdr *header = (const struct nlmsghdr *)((const char *)error - NLMSG_HDRLEN);
	size_t skip = sizeof(*error);
	struct nlattr *table[NLMSGERR_ATTR_MAX + 1];

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(error->msg.nlmsg_len - sizeof(error->msg));
	if (header->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	if (nla_parse(table, NLMSGERR_ATTR_MAX, (struct nlattr *)((const char *)error + skip),
		    (int)(header->nlmsg_len - NLMSG_HDRLEN - skip), NULL) == 0 &&
		table[NLMSGERR_ATTR_MSG])
		nla_strlcpy(exchange->reason, table[NLMSGERR_ATTR_MSG], sizeof(exchange->reason));
}

static int on_error(struct sockaddr_nl *address, struct nlmsgerr *error, void *opaque)
{
	struct exchange *exchange = opaque;

	(void)address;
	exchange->errnum = -error->error;
	exchange->done = true;
	take_reason(exchange, error);
	return NL_STOP;
}

static int on_done(struct nl_msg *message, void *opaque)
{
	struct exchange *exchange = opaque;

	(void)message;
	exchange->done = true;
	return NL_STOP;
}

static int on_link(struct nl_msg *message, void *opaque)
{
	struct exchange *exchange = opaque;
	struct nlattr *list = nlmsg_find_attr(nlmsg_hdr(message), sizeof(struct ifinfomsg), IFLA_VFINFO_LIST);

	if (list && exchange->settings)
		exchange->count = vf_message_parse(list, exchange->settings, exchange->max);
	return NL_OK;
}

/*
 * Sends and waits for the acknowledgement. 0, or -errno of the transport; the kernel's verdict is in exchange->errnum.
 */
static int talk(struct nl_msg *message, struct exchange *exchange)
{
	cleanup(free_socket) struct nl_sock *socket = nl_socket_alloc();
	cleanup(free_callbacks) struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	const int on = 1;

	if (!socket || !callbacks)
		return -ENOMEM;
	if (nl_connect(socket, NETLINK_ROUTE) < 0)
		return -errno;
	nl_socket_enable_msg_peek(socket);
	setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, exchange);
	nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_done, exchange);
	nl_cb_set(callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_link, exchange);
	if (nl_send_auto(socket, message) < 0)
		return -EIO;
	while (!exchange->done) {
		int ret = nl_recvmsgs_report(socket, callbacks);

		/* 0: nothing came, and nothing will, since whoever answers has closed the socket. */
		if (ret <= 0 && !exchange->done && ret != -NLE_INTR && ret != -NLE_AGAIN)
			return -EIO;
	}
	return 0;
}

static struct nl_msg *new_request(int type, unsigned int ifindex)
{
	const struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex };
	struct nl_msg *message = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_ACK);

	if (message && nlmsg_append(message, (void *)&info, sizeof(info), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

static int find_interface(const char *ifname, unsigned int *ret_index, struct error *err)
{
	unsigned int index = if_nametoindex(ifname);

	if (!index)
		return fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no network device '%s'", ifname);
	*ret_index = index;
	return 0;
}

static int read_all(const struct vf_carrier *carrier, struct vf_settings *ret_settings, size_t max, size_t *ret_count,
	struct error *err)
{
	struct exchange exchange = { .settings = ret_settings, .max = max };
	cleanup(free_message) struct nl_msg *message = NULL;
	unsigned int ifindex = 0;
	int ret = find_interface(carrier->ifname, &ifindex, err);

	if (ret < 0)
		return ret;
	message = new_request(RTM_GETLINK, ifindex);
	if (!message || nla_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_VF) < 0)
		return fail(err, ENOMEM, "read the VFs of %s", carrier->ifname);
	ret = talk(message, &exchange);
	if (ret < 0 || exchange.errnum)
		return fail(err, exchange.errnum ? exchange.errnum : -ret, "read the VFs of %s", carrier->ifname);
	*ret_count = exchange.count;
	return 0;
}

/* What an errno of RTM_SETLINK means for a VF (do_setvfinfo() in net/core/rtnetlink.c, the drivers' ndo_set_vf_*). */
static const struct {
	int errnum;
	const char *hint;
} refusals[] = {
	{ EOPNOTSUPP, "this driver does not know one of the settings; try them one by one" },
	{ EINVAL, "this driver does not take such a value: no such VF, a rate above the link's speed or one that it "
		  "has no "
		  "table for, a VLAN that it keeps for itself" },
	{ EPROTONOSUPPORT, "this driver knows no 802.1ad: leave vlan_proto=802.1q" },
	{ EBUSY, "the VF is in the middle of a reset: try again" },
	{ EAGAIN, "the driver is in the middle of a reset: try again" },
	{ ERANGE, "the value is out of the driver's range" },
	{ ENETDOWN, "the PF's interface is down, and its driver wants it up" },
};

static bool interface_is_up(const char *ifname)
{
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	text_copy(request.ifr_name, sizeof(request.ifr_name), ifname);
	return fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0 || request.ifr_flags & IFF_UP;
}

static int rejected(const char *ifname, unsigned int index, const struct exchange *exchange, struct error *err)
{
	const char *reason = exchange->reason[0] ? exchange->reason : strerror(exchange->errnum);
	const char *hint = "nothing was changed";

	if (exchange->errnum == EPERM && !exchange->reason[0]) {
		fail_code(err, CODE_NOT_ROOT, EPERM, "VF %u of %s may not be changed by this user", index, ifname);
		return fail_hint(err, "run as root");
	}
	fail_code(err, CODE_VF_REJECTED, exchange->errnum, "the driver of %s refuses the settings of VF %u: %s", ifname,
		index, reason);
	for (size_t i = 0; i < array_size(refusals); i++)
		if (refusals[i].errnum == exchange->errnum)
			hint = refusals[i].hint;
	if (interface_is_up(ifname))
		return fail_hint(err, "%s", hint);
	return fail_hint(err, "%s is down, and some drivers set a VF only while it is up: ip link set %s up; or: %s",
		ifname, ifname, hint);
}

static int write_one(
	const struct vf_carrier *carrier, unsigned int index, const struct vf_settings *settings, struct error *err)
{
	struct exchange exchange = { 0 };
	cleanup(free_message) struct nl_msg *message = NULL;
	unsigned int ifindex = 0;
	int ret = find_interface(carrier->ifname, &ifindex, err);

	if (ret < 0)
		return ret;
	message = new_request(RTM_SETLINK, ifindex);
	if (!message || vf_message_put(message, index, settings) < 0)
		return fail(err, ENOMEM, "change VF %u of %s", index, carrier->ifname);
	ret = talk(message, &exchange);
	if (ret < 0)
		return fail(err, -ret, "change VF %u of %s", index, carrier->ifname);
	return exchange.errnum ? rejected(carrier->ifname, index, &exchange, err) : 0;
}

static struct vf_carrier netlink_carrier(const char *ifname)
{
	return (struct vf_carrier){ .read_all = read_all, .write = write_one, .ifname = ifname };
}

/*
 * How settings travel to the VFs behind this network device: past it, where its card is in switchdev mode. A card that
 * is in that mode has a switch's identity, so that others need not be asked.
 */
static struct vf_carrier best_carrier(const struct sysroot *root, const char *ifname, struct vf_eswitch *vf)
{
	const struct vf_carrier plain = netlink_carrier(ifname);
	struct vf_carrier best;
	char switch_id[72];

	if (!root->captured && !root->path[0] && representor_switch_id(root, ifname, switch_id, sizeof(switch_id)) &&
		vf_eswitch_carrier(vf, root, &plain, NULL, &best))
		return best;
	return plain;
}

bool vf_netlink_carrier(const struct vf_target *target, const char *name, struct vf_carrier *ret_carrier)
{
	(void)name;
	if (!target->pf->netdev_count)
		return false;
	*ret_carrier = netlink_carrier(target->pf->netdevs[0].text);
	return true;
}

int vf_settings_read_all(
	const char *ifname, struct vf_settings *ret_settings, size_t max, size_t *ret_count, struct error *err)
{
	cleanup(sysroot_close) struct sysroot root = { .fd = -1 };
	struct vf_carrier carrier = netlink_carrier(ifname);
	struct vf_eswitch vf;

	if (sysroot_open(&root, NULL, NULL) == 0)
		carrier = best_carrier(&root, ifname, &vf);
	return carrier.read_all(&carrier, ret_settings, max, ret_count, err);
}

int vf_settings_read(const char *ifname, unsigned int index, struct vf_settings *ret_settings, struct error *err)
{
	cleanup_free struct vf_settings *all = calloc(VF_SETTINGS_MAX, sizeof(*all));
	size_t count = 0;
	int ret;

	if (!all)
		return fail(err, ENOMEM, "read VF %u of %s", index, ifname);
	ret = vf_settings_read_all(ifname, all, VF_SETTINGS_MAX, &count, err);
	if (ret < 0)
		return ret;
	if (index >= count) {
		fail_code(err, CODE_NO_SUCH_VF, ENODEV, "%s has no VF %u: it has %zu", ifname, index, count);
		return fail_hint(err, "VFs are numbered from 0");
	}
	*ret_settings = all[index];
	return 0;
}

/* The lock is of this host, whose settings netlink changes. */
int vf_settings_write(const struct host_lock *lock, const char *ifname, unsigned int index,
	const struct vf_settings *settings, struct error *err)
{
	struct vf_eswitch vf;
	const struct vf_carrier carrier = best_carrier(host_lock_root(lock), ifname, &vf);
	cleanup_kmsg struct kmsg kmsg = KMSG_CLOSED;
	char told[200], was[sizeof(err->hint)];
	int ret;

	kmsg_open(&kmsg, host_lock_root(lock), true);
	ret = vf_settings_apply(&carrier, index, settings, err);
	if (ret < 0 && err && err->code == CODE_VF_REJECTED) {
		text_copy(was, sizeof(was), err->hint);
		fail_hint(err, "%s; %s", was, kmsg_tell(&kmsg, ifname, told, sizeof(told)));
	}
	return ret;
}

int vf_settings_restore(const struct host_lock *lock, const char *ifname, unsigned int index,
	const struct vf_settings *was, struct error *err)
{
	struct vf_eswitch vf;
	const struct vf_carrier carrier = best_carrier(host_lock_root(lock), ifname, &vf);

	return vf_settings_put_back(&carrier, index, was, err);
}
