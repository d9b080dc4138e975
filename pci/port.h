/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root ports and switch downstream ports: the slot behind one, and whether it forwards ARI (alternative routing-ID
 * interpretation, PCI Express Base 6.0, 6.13). A port that does not reaches device number 0 of its bus only, so
 * functions above 7, which most virtual functions are, do not exist for the host. Looking only.
 */
#ifndef PCI_PORT_H
#define PCI_PORT_H

#include "pci/pci.h"

enum pci_ari {
	PCI_ARI_UNKNOWN, /* configuration space cannot be read that far */
	PCI_ARI_NO,      /* the port cannot forward it */
	PCI_ARI_OFF,     /* it could, and does not */
	PCI_ARI_ON,
};

struct pci_port {
	struct pci_addr addr;
	enum pci_ari ari;
	bool has_slot; /* by its PCI Express capability; false where that cannot be read */
	bool occupied; /* a function is behind it */
	char slot[24]; /* its name in sys/bus/pci/slots; "" unknown */
	int last_bus;  /* behind it; -1 unknown */
};

/* The address right above a function's in the path behind its link in sysfs. False: it is on a root bus. */
bool pci_port_find(const struct sysroot *root, struct pci_addr addr, struct pci_addr *ret_port);

/* The port or bridge right above a function. False: the function is on a root bus. */
bool pci_port_above(const struct sysroot *root, struct pci_addr addr, struct pci_port *ret_port);

/*
 * Ports with a slot that forward ARI, or would for a card that asks for it, and that the function is not behind
 * already; free ones first, at most max. Returns the count.
 */
size_t pci_ports_with_ari(const struct sysroot *root, const struct pci_inventory *inventory, struct pci_addr addr,
	struct pci_port *ret_port, size_t max);

/* "0000:00:1d.0, slot 3 (in use now)": for sentences about where to move a card. Returns buf. */
const char *pci_port_text(const struct pci_port *port, char *buf, size_t size);

/* The name of the slot behind a port, from sys/bus/pci/slots; "" for none. */
void pci_port_slot_name(const struct sysroot *root, struct pci_addr port, char *buf, size_t size);

#endif
