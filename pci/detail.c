// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BARs from sysfs's `resource` (one line per window: start, end, flags of include/linux/ioport.h), the link from
 * `current_link_*` and `max_link_*`, VPD from `vpd`, the MAC from the driver (ETHTOOL_GPERMADDR) or a captured
 * host's capture/permanent_macs, else the network device's own (Documentation/ABI/testing/
 * sysfs-bus-pci, sysfs-class-net). Reading VPD asks the device, which may take it some hundred milliseconds.
 */
#include "pci/detail.h"
#include "pci/port.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/text.h"

#define DEVICES "sys/bus/pci/devices"

enum {
	RESOURCE_IO = 0x100,
	RESOURCE_PREFETCH = 0x2000,
	RESOURCE_MEM_64 = 0x100000,
	RESOURCE_UNSET = 0x20000000,
	VPD_MAX = 4096,
	VPD_LARGE = 0x80,
	VPD_PRODUCT = 0x82,
	VPD_READ_ONLY = 0x90,
	ADDRESS_PERMANENT = 0, /* NET_ADDR_PERM */
};

size_t pci_bars_read(const struct sysroot *root, struct pci_addr addr, struct pci_bar ret_bar[static PCI_BAR_MAX])
{
	char name[PCI_ADDR_TEXT_SIZE];
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, DEVICES "/%s/resource", pci_addr_text(addr, name));
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	size_t count = 0;
	char line[128];

	if (!file)
		return 0;
	take_fd(&fd);
	for (uint8_t index = 0; index < PCI_BAR_MAX && fgets(line, sizeof(line), file); index++) {
		uint64_t start;
		uint64_t end;
		uint64_t flags;

		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3 || !flags ||
			end < start || end - start == UINT64_MAX)
			continue;
		ret_bar[count++] = (struct pci_bar){
			.index = index,
			.is_io = flags & RESOURCE_IO,
			.is_64bit = flags & RESOURCE_MEM_64,
			.prefetchable = flags & RESOURCE_PREFETCH,
			.is_unset = flags & RESOURCE_UNSET,
			.address = start,
			.size = end - start + 1,
		};
	}
	return count;
}

/* "8.0 GT/s PCIe", "Unknown". */
static unsigned int read_speed(const struct sysroot *root, struct pci_addr addr, const char *attribute)
{
	char name[PCI_ADDR_TEXT_SIZE];
	unsigned int tenth = 0;
	unsigned int whole;
	char text[32];

	if (sysroot_read_text(root, text, sizeof(text), DEVICES "/%s/%s", pci_addr_text(addr, name), attribute) < 0 ||
		!strstr(text, "GT/s") || sscanf(text, "%4u.%1u", &whole, &tenth) < 1)
		return 0;
	return whole * 1000 + tenth * 100;
}

/* 255 is the kernel's "unknown". */
static unsigned int read_width(const struct sysroot *root, struct pci_addr addr, const char *attribute)
{
	char name[PCI_ADDR_TEXT_SIZE];
	uint64_t width;

	if (sysroot_read_u64(root, &width, DEVICES "/%s/%s", pci_addr_text(addr, name), attribute) < 0 || width > 32)
		return 0;
	return (unsigned int)width;
}

void pci_link_read(const struct sysroot *root, struct pci_addr addr, struct pci_link *ret_link)
{
	struct pci_link link = {
		.speed_mts = read_speed(root, addr, "current_link_speed"),
		.max_speed_mts = read_speed(root, addr, "max_link_speed"),
		.width = read_width(root, addr, "current_link_width"),
		.max_width = read_width(root, addr, "max_link_width"),
	};

	link.known = link.speed_mts && link.width;
	link.degraded = link.known && (link.speed_mts < link.max_speed_mts || link.width < link.max_width);
	if (link.known && pci_port_find(root, addr, &link.port)) {
		link.port_max_speed_mts = read_speed(root, link.port, "max_link_speed");
		link.port_max_width = read_width(root, link.port, "max_link_width");
	}
	*ret_link = link;
}

static void copy_printable(char *buf, size_t size, const uint8_t *data, size_t length)
{
	size_t used = 0;

	for (; used < length && used + 1 < size; used++)
		buf[used] = isprint(data[used]) ? (char)data[used] : data[used] ? '.' : ' ';
	buf[used] = '\0';
	text_chomp(buf);
}

/* Fields of the read-only part: two letters, a length, the value. "RV" is a checksum and what follows it is padding. */
static void parse_fields(const uint8_t *data, size_t size, struct pci_vpd *vpd)
{
	size_t at = 0;

	while (size - at >= 3 && vpd->field_count < PCI_VPD_FIELD_MAX) {
		struct pci_vpd_field *field = &vpd->field[vpd->field_count];
		size_t length = data[at + 2];

		if (!isupper(data[at]) || !isalnum(data[at + 1]) || length > size - at - 3 ||
			(data[at] == 'R' && data[at + 1] == 'V'))
			return;
		field->keyword[0] = (char)data[at];
		field->keyword[1] = (char)data[at + 1];
		field->keyword[2] = '\0';
		copy_printable(field->value, sizeof(field->value), data + at + 3, length);
		vpd->field_count++;
		at += 3 + length;
	}
}

void pci_vpd_parse(const uint8_t *data, size_t size, struct pci_vpd *ret_vpd)
{
	size_t at = 0;

	*ret_vpd = (struct pci_vpd){ 0 };
	while (size - at >= 3 && data[at] & VPD_LARGE) {
		size_t length = data[at + 1] | (size_t)data[at + 2] << 8;
		uint8_t tag = data[at];

		at += 3;
		if (length > size - at)
			return;
		if (tag == VPD_PRODUCT)
			copy_printable(ret_vpd->product, sizeof(ret_vpd->product), data + at, length);
		else if (tag == VPD_READ_ONLY)
			parse_fields(data + at, length, ret_vpd);
		at += length;
	}
}

int pci_vpd_read(const struct sysroot *root, struct pci_addr addr, struct pci_vpd *ret_vpd)
{
	char name[PCI_ADDR_TEXT_SIZE];
	uint8_t data[VPD_MAX];
	ssize_t size = sysroot_read_bytes(root, data, sizeof(data), DEVICES "/%s/vpd", pci_addr_text(addr, name));

	if (size < 0)
		return (int)size;
	pci_vpd_parse(data, (size_t)size, ret_vpd);
	return 0;
}

/* "LINK MAC" lines: what a captured host's kernel answered. */
static bool captured_mac(const struct sysroot *root, const char *netdev, char *buf, size_t size)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "capture/permanent_macs");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char line[128];
	char name[64];
	char mac[32];

	if (!file)
		return false;
	take_fd(&fd);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %31s", name, mac) == 2 && !strcmp(name, netdev))
			return text_copy(buf, size, mac);
	return false;
}

/* ethtool's question to the driver; sysfs has the address in use only. Needs no privilege. */
static bool ask_kernel(const char *netdev, char *buf, size_t size)
{
	struct {
		struct ethtool_perm_addr head;
		uint8_t octet[32]; /* MAX_ADDR_LEN */
	} answer = { .head = { .cmd = ETHTOOL_GPERMADDR, .size = sizeof(answer.octet) } };
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_data = (char *)&answer };
	struct mac_addr mac;
	char text[MAC_TEXT_SIZE];

	if (fd < 0 || !text_copy(request.ifr_name, sizeof(request.ifr_name), netdev) ||
		ioctl(fd, SIOCETHTOOL, &request) || answer.head.size != sizeof(mac.octet))
		return false;
	memcpy(mac.octet, answer.octet, sizeof(mac.octet));
	return text_copy(buf, size, mac_to_text(&mac, text));
}

/* The address in use is the permanent one where the kernel says that it was not changed. */
static bool unchanged_mac(const struct sysroot *root, const char *netdev, char *buf, size_t size)
{
	uint64_t type;

	return !sysroot_read_u64(root, &type, "sys/class/net/%s/addr_assign_type", netdev) &&
	       type == ADDRESS_PERMANENT && sysroot_read_text(root, buf, size, "sys/class/net/%s/address", netdev) > 0;
}

bool pci_permanent_mac(const struct sysroot *root, const char *netdev, char *buf, size_t size)
{
	bool is_this_host = !root->captured && !root->path[0];
	struct mac_addr mac;

	return ((is_this_host ? ask_kernel(netdev, buf, size) : captured_mac(root, netdev, buf, size)) ||
		       unchanged_mac(root, netdev, buf, size)) &&
	       !text_to_mac(buf, &mac) && !mac_is_zero(&mac);
}
