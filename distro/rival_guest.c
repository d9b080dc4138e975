// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Managers of virtual machines that have a device in a guest's definition: libvirt (domains and networks of kind
 * hostdev) and Proxmox VE. libvirt writes its XML with one element a line, which is as much of XML as is understood
 * here. With managed='yes' libvirt takes the device from its driver when the guest starts and gives it back when it
 * ends, without asking who uses it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "distro/rival_scan.h"

struct domain {
	struct rival_scan *scan;
	char name[64];
	bool in_hostdev, in_source, managed, starts;
};

/* name='value' in an element. */
static bool attribute(const char *text, const char *name, char *buf, size_t size)
{
	char wanted[32];
	const char *at;
	char quote;

	snprintf(wanted, sizeof(wanted), " %s=", name);
	at = strstr(text, wanted);
	if (!at)
		return false;
	at += strlen(wanted);
	quote = *at;
	if (quote != '\'' && quote != '"')
		return false;
	at++;
	if (!strchr(at, quote))
		return false;
	snprintf(buf, size, "%.*s", (int)(strchr(at, quote) - at), at);
	return true;
}

static bool address(const char *text, struct pci_addr *ret_addr)
{
	static const struct {
		const char *name;
		uint64_t max;
	} parts[] = { { "domain", UINT32_MAX }, { "bus", 255 }, { "slot", 31 }, { "function", 7 } };
	uint64_t number[array_size(parts)] = { 0 };
	char value[16];

	for (size_t i = 0; i < array_size(parts); i++)
		if (attribute(text, parts[i].name, value, sizeof(value)) ? text_to_u64(value, parts[i].max, &number[i])
									 : i > 0)
			return false;
	*ret_addr =
		(struct pci_addr){ (uint32_t)number[0], (uint8_t)number[1], (uint8_t)number[2], (uint8_t)number[3] };
	return true;
}

static void take_device(struct domain *domain, const struct conf_line *line, const struct pci_device *device)
{
	struct rival rival = { .name = "libvirt",
		.aim = RIVAL_GUEST,
		.stage = domain->starts ? RIVAL_BY_SERVICE : RIVAL_ON_DEMAND,
		.vfs = -1 };

	if (!device)
		return;
	rival_at(&rival, line);
	rival_add(domain->scan, &rival, device, "gives it to guest '%s' when that starts%s%s", domain->name,
		domain->starts ? ", which is at boot" : "",
		domain->managed ? ", and to its own driver when the guest ends (managed)" : "");
}

/* <forward mode='hostdev'> of a network: VFs of the PF that <pf dev='eth0'/> names. */
static void take_pool(struct domain *domain, const struct conf_line *line, const char *netdev)
{
	struct rival rival = { .name = "libvirt", .aim = RIVAL_GUEST, .stage = RIVAL_ON_DEMAND, .vfs = -1 };
	const struct pci_device *pf = rival_next_netdev(domain->scan, NULL, netdev, "");

	if (!pf)
		return;
	rival_at(&rival, line);
	rival_add(domain->scan, &rival, pf, "gives its VFs to guests, from the network '%s'", domain->name);
}

static void take_element(struct domain *domain, const struct conf_line *line, const char *text)
{
	char value[64];
	struct pci_addr addr;

	if (text_starts_with(text, "<name>") && !domain->name[0])
		snprintf(domain->name, sizeof(domain->name), "%.*s", (int)strcspn(text + 6, "<"), text + 6);
	if ((text_starts_with(text, "<hostdev ") || text_starts_with(text, "<interface ")) &&
		(strstr(text, "type='pci'") || strstr(text, "type='hostdev'"))) {
		domain->in_hostdev = true;
		domain->managed = attribute(text, "managed", value, sizeof(value)) && !strcmp(value, "yes");
	}
	if (text_starts_with(text, "</hostdev>") || text_starts_with(text, "</interface>"))
		domain->in_hostdev = false;
	if (text_starts_with(text, "<source"))
		domain->in_source = true;
	if (domain->in_hostdev && domain->in_source && strstr(text, "<address ") &&
		address(strstr(text, "<address ") + strlen("<address"), &addr))
		take_device(domain, line, pci_inventory_find(domain->scan->inventory, addr));
	if (strstr(text, "</source>"))
		domain->in_source = false;
	if (text_starts_with(text, "<pf ") && attribute(text, "dev", value, sizeof(value)))
		take_pool(domain, line, value);
}

static bool libvirt_line(const struct conf_line *line, void *context)
{
	struct domain *domain = context;

	if (line->number == 1) {
		const char *name = strrchr(line->file, '/') + 1;

		*domain = (struct domain){ .scan = domain->scan,
			.starts = sysroot_exists(domain->scan->root, "etc/libvirt/qemu/autostart/%s", name) };
	}
	take_element(domain, line, line->text + strspn(line->text, " \t"));
	return true;
}

/* "hostpci0: 0000:01:00.0,pcie=1", or a slot without function: all of them. */
static void take_hostpci(struct rival_scan *scan, const struct conf_line *line, char *text)
{
	struct rival rival = { .name = "proxmox", .aim = RIVAL_GUEST, .stage = RIVAL_ON_DEMAND, .vfs = -1 };
	char whole[PCI_ADDR_TEXT_SIZE + 2], name[PCI_ADDR_TEXT_SIZE];
	const char *guest = strrchr(line->file, '/') + 1;
	struct pci_addr addr;
	bool slot = !strchr(text, '.');

	text[strcspn(text, ",;")] = '\0';
	text = text_starts_with(text, "host=") ? text + strlen("host=") : text;
	snprintf(whole, sizeof(whole), "%.16s%s", text, slot ? ".0" : "");
	if (pci_addr_parse(whole, &addr) < 0)
		return;
	rival_at(&rival, line);
	for (size_t i = 0; i < scan->inventory->count; i++) {
		const struct pci_device *device = &scan->inventory->devices[i];
		struct pci_addr at = device->addr;

		at.function = slot ? 0 : at.function;
		if (!pci_addr_compare(at, addr))
			rival_add(scan, &rival, device, "gives %s to guest %.*s when that starts",
				slot ? "the whole slot" : pci_addr_text(device->addr, name), (int)strcspn(guest, "."),
				guest);
	}
}

static bool proxmox_line(const struct conf_line *line, void *context)
{
	char *colon = strchr(line->text, ':');

	if (text_starts_with(line->text, "hostpci") && colon)
		take_hostpci(context, line, colon + 1 + strspn(colon + 1, " \t"));
	return true;
}

void rival_scan_guest(struct rival_scan *scan)
{
	static const char *const domains[] = { "etc/libvirt/qemu", NULL };
	static const char *const networks[] = { "etc/libvirt/qemu/networks", NULL };
	static const char *const proxmox[] = { "etc/pve/qemu-server", NULL };
	struct domain domain = { .scan = scan };

	if (!conf_dirs_each(scan->root, domains, ".xml", libvirt_line, &domain) ||
		!conf_dirs_each(scan->root, networks, ".xml", libvirt_line, &domain) ||
		!conf_dirs_each(scan->root, proxmox, ".conf", proxmox_line, scan))
		scan->rivals.incomplete = true;
}
