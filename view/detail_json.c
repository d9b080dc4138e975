// SPDX-License-Identifier: GPL-2.0-or-later
/* Capabilities, BARs, link and identity of a function, as JSON; docs/cli.md has the names. */
#include "view/detail_json.h"

#include <stdio.h>
#include <string.h>

#include "assign/reset.h"
#include "base/cleanup.h"
#include "pci/identity.h"
#include "view/view.h"

static json_t *bits_json(const struct pci_field *field, uint32_t value)
{
	json_t *list = json_array();

	for (size_t i = 0; field->bits[i]; i++)
		if (value >> i & 1 && field->bits[i][0])
			json_array_append_new(list, json_string(field->bits[i]));
	return list;
}

static json_t *field_json(const struct pci_field *field, uint32_t value)
{
	switch (field->kind) {
	case PCI_FIELD_FLAG:
		return json_boolean(value);
	case PCI_FIELD_HEX:
		return json_hex(value, field->bytes * 2);
	case PCI_FIELD_BITS:
		return bits_json(field, value);
	case PCI_FIELD_TYPE:
		return json_text(pci_express_type_name(value));
	default:
		return json_number(value);
	}
}

static json_t *capability_json(const struct pci_config *config, const struct pci_capability *capability)
{
	json_t *object = json_pack("{s:o, s:o, s:o, s:o, s:b}", "id",
		json_hex(capability->id, capability->extended ? 4 : 2), "name",
		json_text(pci_capability_name(capability)), "title", json_text(pci_capability_title(capability)),
		"offset", json_hex(capability->offset, 2), "extended", capability->extended);
	const struct pci_field *field = NULL;
	uint32_t value;

	if (capability->extended)
		json_object_set_new(object, "version", json_number(capability->version));
	while ((field = pci_field_next(capability, field)))
		json_object_set_new(object, field->name,
			pci_field_value(config, capability, field, &value) ? field_json(field, value) : json_null());
	return object;
}

json_t *detail_capabilities(const struct pci_config *config, const struct pci_capabilities *list)
{
	json_t *array = json_array();

	for (size_t i = 0; config && i < list->count; i++)
		json_array_append_new(array, capability_json(config, &list->item[i]));
	return array;
}

json_t *detail_reset(const struct sysroot *root, const struct pci_inventory *inventory, const struct pci_device *device)
{
	struct reset_plan plan;
	char text[RESET_TEXT_SIZE];

	reset_plan_read(root, inventory, device, NULL, 0, &plan);
	return plan.kind == RESET_UNKNOWN ? json_null() : json_string(reset_plan_text(&plan, text, sizeof(text)));
}

json_t *detail_msix_vectors(const struct sysroot *root, struct pci_addr addr)
{
	return json_number(pci_msix_vectors(root, addr));
}

static const char *bar_type(const struct pci_bar *bar)
{
	if (bar->is_io)
		return "io";
	if (bar->index == PCI_BAR_ROM)
		return "rom";
	return bar->is_64bit ? "memory64" : "memory32";
}

json_t *detail_bars(const struct sysroot *root, struct pci_addr addr, bool of_vfs)
{
	struct pci_bar bar[PCI_BAR_MAX];
	size_t count = pci_bars_read(root, addr, bar);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		if ((bar[i].index >= PCI_BAR_VF) != of_vfs)
			continue;
		json_array_append_new(
			list, json_pack("{s:i, s:s, s:o, s:b, s:o}", "index",
				      of_vfs ? bar[i].index - PCI_BAR_VF : bar[i].index, "type", bar_type(&bar[i]),
				      "size", json_number((int64_t)bar[i].size), "prefetchable", bar[i].prefetchable,
				      "address", bar[i].address ? json_hex(bar[i].address, 8) : json_null()));
	}
	return list;
}

static json_t *speed_json(unsigned int mts)
{
	return mts ? json_real(mts / 1000.0) : json_null();
}

static json_t *width_json(unsigned int width)
{
	return width ? json_integer(width) : json_null();
}

static json_t *end_json(unsigned int mts, unsigned int width)
{
	return json_pack("{s:o, s:o}", "speed_gts", speed_json(mts), "width", width_json(width));
}

/*
 * Who keeps a link below what the function can: the other end, or neither, which is a matter of cable, slot or power.
 */
static json_t *limit_json(const struct pci_link *link)
{
	char name[PCI_ADDR_TEXT_SIZE];

	if (!link->degraded)
		return json_null();
	if ((link->port_max_speed_mts && link->port_max_speed_mts < link->max_speed_mts) ||
		(link->port_max_width && link->port_max_width < link->max_width))
		return json_sprintf("port %s", pci_addr_text(link->port, name));
	return json_string("link");
}

json_t *detail_link(const struct sysroot *root, struct pci_addr addr)
{
	struct pci_link link;

	pci_link_read(root, addr, &link);
	if (!link.known)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:b, s:o}", "current", end_json(link.speed_mts, link.width), "maximum",
		end_json(link.max_speed_mts, link.max_width), "port_maximum",
		end_json(link.port_max_speed_mts, link.port_max_width), "degraded", link.degraded, "limited_by",
		limit_json(&link));
}

static json_t *vpd_json(const struct sysroot *root, struct pci_addr addr)
{
	struct pci_vpd vpd;
	json_t *object;

	if (pci_vpd_read(root, addr, &vpd) < 0 || (!vpd.product[0] && !vpd.field_count))
		return json_null();
	object = json_object();
	json_object_set_new(object, "product", json_text(vpd.product));
	for (size_t i = 0; i < vpd.field_count; i++)
		json_object_set_new(object, vpd.field[i].keyword, json_string(vpd.field[i].value));
	return object;
}

/* serial is what configuration space says, also where it says nothing useful; text is what sluice goes by. */
json_t *detail_identity(const struct sysroot *root, const struct pci_inventory *inventory,
	const struct pci_device *device, const struct pci_config *config, const struct pci_capabilities *list)
{
	struct pci_identity identity;
	char text[PCI_IDENTITY_TEXT_SIZE];
	char serial[32];
	char mac[32];
	bool has_serial = config && pci_serial_number(config, list, serial, sizeof(serial));
	bool has_mac = false;
	char ids[sizeof("ffff:ffff:ffff:ffff")];

	for (size_t i = 0; i < device->netdev_count && !has_mac; i++)
		has_mac = pci_permanent_mac(root, device->netdevs[i].text, mac, sizeof(mac));
	snprintf(ids, sizeof(ids), "%04x:%04x:%04x:%04x", device->vendor_id, device->device_id,
		device->subsystem_vendor_id, device->subsystem_id);
	pci_identity_read(root, inventory, device, true, &identity);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:s}", "ids", ids, "serial",
		has_serial ? json_string(serial) : json_null(), "permanent_mac",
		has_mac ? json_string(mac) : json_null(), "vpd", vpd_json(root, device->addr), "path",
		json_text(identity.path), "unique", json_text(identity.unique), "certain",
		pci_identity_is_certain(&identity), "text", pci_identity_text(&identity, text));
}
