/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one function is in detail, where sysfs says it: register windows (BARs), the link, and what tells it from
 * another of its kind: vital product data and the permanent MAC address. What could not be read is "unknown".
 */
#ifndef PCI_DETAIL_H
#define PCI_DETAIL_H

#include "pci/pci.h"

enum {
	PCI_BAR_MAX = 13, /* 6 BARs, the ROM, 6 of each VF */
	PCI_BAR_ROM = 6,
	PCI_BAR_VF = 7, /* the first of a PF's VFs; the size is that of all VFs together */
	PCI_VPD_FIELD_MAX = 24,
};

struct pci_bar {
	uint8_t index; /* as above */
	bool is_io, is_64bit, prefetchable;
	bool is_unset;          /* the kernel found no place for it */
	uint64_t address, size; /* address 0: none assigned, or not shown to this user */
};

/* The windows that there are, in order of index; the count, 0 where the file cannot be read. */
size_t pci_bars_read(const struct sysroot *root, struct pci_addr addr, struct pci_bar ret_bar[static PCI_BAR_MAX]);

struct pci_link {
	bool known;                            /* a PCI Express function with a link of its own, which is up */
	unsigned int speed_mts, max_speed_mts; /* MT/s: 2500, 5000, 8000, ... 0 unknown */
	unsigned int width, max_width;         /* lanes; 0 unknown */
	bool degraded;                         /* slower or narrower than the function can */
	struct pci_addr port;                  /* the other end */
	unsigned int port_max_speed_mts, port_max_width; /* what that end can; 0 unknown */
};

void pci_link_read(const struct sysroot *root, struct pci_addr addr, struct pci_link *ret_link);

struct pci_vpd_field {
	char keyword[3]; /* "PN" part number, "SN" serial number, ... */
	char value[96];  /* printable; other octets are dots */
};

struct pci_vpd {
	char product[128]; /* identifier string; "" none */
	struct pci_vpd_field field[PCI_VPD_FIELD_MAX];
	size_t field_count;
};

/* Vital product data (PCI Local Bus 3.0, appendix I) from size octets of it: as much as is well-formed. */
void pci_vpd_parse(const uint8_t *data, size_t size, struct pci_vpd *ret_vpd);

/* 0, or -errno: -ENOENT for a function without, -EACCES without root. */
int pci_vpd_read(const struct sysroot *root, struct pci_addr addr, struct pci_vpd *ret_vpd);

/* The MAC address that a network device came with; false where nobody says, or there is none. */
bool pci_permanent_mac(const struct sysroot *root, const char *netdev, char *buf, size_t size);

#endif
