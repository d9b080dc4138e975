// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Network cards of guests, before sluice-vmm has them; see net.h. Speaks TUNSETIFF and TUNSETVNETHDRSZ
 * (linux/if_tun.h). A tap is never made here: one that was would be nobody's to set up, and would be gone with the
 * guest.
 */
#include "guest/net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "sriov/vf_mac.h"

enum {
	HEADER_SIZE = 12, /* struct virtio_net_hdr_v1 */
	ID_SIZE = 64,
};

static int take_tap(const char *value, struct guest_net *net, struct error *err)
{
	if (!value[0] || strchr(value, '/') || value[0] == '.' || !text_copy(net->tap, sizeof(net->tap), value))
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' cannot be the name of a tap interface", value);
	return 0;
}

static int take_mac(const char *value, struct guest_net *net, struct error *err)
{
	if (text_to_mac(value, &net->mac) == 0 && !mac_is_zero(&net->mac) && !mac_is_multicast(&net->mac))
		return 0;
	fail_code(err, CODE_USAGE, EINVAL, "'%s' cannot be a network card's address", value);
	return fail_hint(err, "six octets, such as 02:00:00:00:00:01");
}

static int take_vhost(const char *value, struct guest_net *net, struct error *err)
{
	net->no_vhost = !strcmp(value, "off");
	if (net->no_vhost || !strcmp(value, "on"))
		return 0;
	return fail_code(err, CODE_USAGE, EINVAL, "vhost= is on or off, not '%s'", value);
}

static const struct {
	const char *key;
	int (*take)(const char *value, struct guest_net *net, struct error *err);
} rows[] = {
	{ "tap=", take_tap },
	{ "mac=", take_mac },
	{ "vhost=", take_vhost },
};

static int take_word(const char *word, struct guest_net *net, struct error *err)
{
	for (size_t i = 0; i < array_size(rows); i++)
		if (text_starts_with(word, rows[i].key))
			return rows[i].take(word + strlen(rows[i].key), net, err);
	fail_code(err, CODE_USAGE, EINVAL, "'%s' is no option of a network card", word);
	return fail_hint(err, "tap=IF[,mac=M][,vhost=on|off]");
}

int guest_net_parse(const char *text, struct guest_net *ret_net, struct error *err)
{
	struct guest_net net = { .tap = "" };
	char copy[128], *rest = copy, *word;
	int ret = 0;

	if (!text_copy(copy, sizeof(copy), text))
		return fail_code(err, CODE_USAGE, E2BIG, "'%s' is too long", text);
	while (ret == 0 && (word = strsep(&rest, ",")))
		ret = take_word(word, &net, err);
	if (ret < 0)
		return ret;
	if (!net.tap[0])
		return fail_code(err, CODE_USAGE, EINVAL, "'%s' names no tap: tap=IF[,mac=M][,vhost=on|off]", text);
	*ret_net = net;
	return 0;
}

struct mac_addr guest_net_mac(
	const struct sysroot *root, const struct guest_net *net, const char *guest, unsigned int index)
{
	char id[ID_SIZE] = "", text[2 * ID_SIZE + 32];

	if (!mac_is_zero(&net->mac))
		return net->mac;
	sysroot_read_text(root, id, sizeof(id), "etc/machine-id");
	snprintf(text, sizeof(text), "%s/guest/%s", id, guest);
	return vf_mac_from_text(text, index);
}

static int no_tap(const struct guest_net *net, struct error *err)
{
	fail_code(err, CODE_NO_SUCH_DEVICE, ENODEV, "there is no tap interface '%s'", net->tap);
	return fail_hint(err, "ip tuntap add %s mode tap && ip link set %s up makes one", net->tap, net->tap);
}

static int attach(int fd, const struct guest_net *net, struct error *err)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int size = HEADER_SIZE;

	text_copy(request.ifr_name, sizeof(request.ifr_name), net->tap);
	if (ioctl(fd, TUNSETIFF, &request) < 0) {
		if (errno == EBUSY) {
			fail_code(err, CODE_DEV_IN_USE, EBUSY, "tap interface '%s' is another program's", net->tap);
			return fail_hint(err, "give the guest a tap of its own");
		}
		if (errno == EINVAL)
			return fail_code(err, CODE_DEV_IN_USE, EINVAL,
				"'%s' is no tap with one queue: ip tuntap shows what it is", net->tap);
		return fail(err, errno, "open tap interface '%s'", net->tap);
	}
	if (ioctl(fd, TUNSETVNETHDRSZ, &size) < 0)
		return fail(err, errno, "set up tap interface '%s'", net->tap);
	return 0;
}

int guest_net_open(const struct sysroot *root, const struct guest_net *net, int *ret_fd, struct error *err)
{
	cleanup_close int fd = -1;
	int ret;

	if (!sysroot_exists(root, "sys/class/net/%s/tun_flags", net->tap))
		return no_tap(net, err);
	fd = sysroot_open_file(root, O_RDWR | O_NONBLOCK, "dev/net/tun");
	if (fd < 0)
		return fail(err, -fd, "open /dev/net/tun");
	ret = attach(fd, net, err);
	if (ret < 0)
		return ret;
	*ret_fd = take_fd(&fd);
	return 0;
}

int guest_net_open_vhost(const struct sysroot *root, const struct guest_net *net)
{
	int fd = net->no_vhost ? -1 : sysroot_open_file(root, O_RDWR, "dev/vhost-net");

	return fd < 0 ? -1 : fd;
}
