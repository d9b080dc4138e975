// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libvirt's domains and networks (formatdomain, formatnetwork): <hostdev type='pci'>, <interface type='hostdev'> with
 * its MAC and VLAN, and networks that give away the VFs of a PF. XML by expat, element by element; a document type
 * declaration, of which libvirt writes none, ends the reading: entities are never expanded.
 */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "plan/import_files.h"

enum {
	DEPTH_MAX = 64,
};

/* Where in a file the parser is, and what it has gathered of the device that it is in. */
struct document {
	struct import_scan *scan;
	XML_Parser parser;
	const char *file;
	char guest[64]; /* the name of the domain or network */
	bool in_name, in_device, in_source, has_address;
	unsigned int depth;
	unsigned long line; /* of the device */
	struct pci_addr addr;
	char mac[24], vlan[16];
};

static const char *attribute(const char *const *attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (!strcmp(attributes[0], name))
			return attributes[1];
	return "";
}

static bool address(const char *const *attributes, struct pci_addr *ret_addr)
{
	static const struct {
		const char *name;
		uint64_t max;
	} parts[] = { { "domain", UINT32_MAX }, { "bus", 255 }, { "slot", 31 }, { "function", 7 } };
	uint64_t number[array_size(parts)] = { 0 };

	for (size_t i = 0; i < array_size(parts); i++) {
		const char *value = attribute(attributes, parts[i].name);

		if (value[0] ? text_to_u64(value, parts[i].max, &number[i]) < 0 : i > 0)
			return false;
	}
	*ret_addr =
		(struct pci_addr){ (uint32_t)number[0], (uint8_t)number[1], (uint8_t)number[2], (uint8_t)number[3] };
	return true;
}

static const char *place(const struct document *self, unsigned long line, char *buf, size_t size)
{
	snprintf(buf, size, "%s:%lu", self->file, line);
	return buf;
}

static void take_pool(struct document *self, const char *netdev)
{
	const struct pci_device *pf = import_netdev(self->scan, netdev);
	char where[176];

	place(self, XML_GetCurrentLineNumber(self->parser), where, sizeof(where));
	if (!pf) {
		import_left(self->scan, where, "the network '%s' gives away VFs of '%s', which is not there",
			self->guest, netdev);
		return;
	}
	import_fact(self->scan, IMPORT_DRIVER, pf, IMPORT_EACH_VF, where, "vfio");
	import_left(self->scan, where, "the network '%s' stays libvirt's; the VFs of %s are kept with VFIO for it",
		self->guest, netdev);
}

static void take_device(struct document *self)
{
	const struct pci_device *device =
		self->has_address ? pci_inventory_find(&self->scan->host->pci, self->addr) : NULL;
	char where[176], addr[PCI_ADDR_TEXT_SIZE];

	place(self, self->line, where, sizeof(where));
	if (!self->has_address)
		return;
	pci_addr_text(self->addr, addr);
	if (!device) {
		import_left(self->scan, where, "there is no device at %s, which guest '%s' has", addr, self->guest);
		return;
	}
	import_fact(self->scan, IMPORT_DRIVER, device, IMPORT_ITSELF, where, "vfio");
	if (device->is_vf && self->mac[0])
		import_fact(self->scan, IMPORT_SETTING, device, IMPORT_ITSELF, where, "mac=%s", self->mac);
	if (device->is_vf && self->vlan[0])
		import_fact(self->scan, IMPORT_SETTING, device, IMPORT_ITSELF, where, "vlan=%s", self->vlan);
	import_left(self->scan, where, "guest '%s' stays libvirt's; %s is kept with VFIO for it", self->guest, addr);
}

static bool begins_device(const char *name, const char *const *attributes)
{
	return (!strcmp(name, "hostdev") && !strcmp(attribute(attributes, "type"), "pci")) ||
	       (!strcmp(name, "interface") && !strcmp(attribute(attributes, "type"), "hostdev"));
}

static void start(void *context, const char *name, const char **names)
{
	struct document *self = context;
	const char *const *attributes = names;

	if (++self->depth > DEPTH_MAX) {
		XML_StopParser(self->parser, XML_FALSE);
		return;
	}
	if (begins_device(name, attributes)) {
		self->in_device = true;
		self->has_address = false;
		self->mac[0] = self->vlan[0] = '\0';
		self->line = XML_GetCurrentLineNumber(self->parser);
	}
	self->in_name = self->depth == 2 && !strcmp(name, "name");
	self->in_source = self->in_source || (self->in_device && !strcmp(name, "source"));
	if (self->in_source && !strcmp(name, "address"))
		self->has_address = address(attributes, &self->addr);
	else if (self->in_device && !strcmp(name, "mac"))
		text_copy(self->mac, sizeof(self->mac), attribute(attributes, "address"));
	else if (self->in_device && !strcmp(name, "tag") && !self->vlan[0])
		text_copy(self->vlan, sizeof(self->vlan), attribute(attributes, "id"));
	else if (!strcmp(name, "pf"))
		take_pool(self, attribute(attributes, "dev"));
}

static void end(void *context, const char *name)
{
	struct document *self = context;

	self->depth--;
	self->in_name = false;
	if (!strcmp(name, "source"))
		self->in_source = false;
	if (!self->in_device || (strcmp(name, "hostdev") != 0 && strcmp(name, "interface") != 0))
		return;
	take_device(self);
	self->in_device = false;
}

static void text(void *context, const char *bytes, int length)
{
	struct document *self = context;
	size_t used = strlen(self->guest);

	if (self->in_name && length > 0 && used + (size_t)length < sizeof(self->guest)) {
		memcpy(self->guest + used, bytes, (size_t)length);
		self->guest[used + (size_t)length] = '\0';
	}
}

static void doctype(void *context, const char *name, const char *system_id, const char *public_id, int has_subset)
{
	struct document *self = context;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	XML_StopParser(self->parser, XML_FALSE);
}

static const char *why_not(XML_Parser parser)
{
	enum XML_Error code = XML_GetErrorCode(parser);

	return code == XML_ERROR_ABORTED ? "it has a document type, or is nested too deep" : XML_ErrorString(code);
}

static void read_document(struct import_scan *scan, const struct source *source)
{
	struct document self = { .scan = scan, .file = source->name, .parser = XML_ParserCreate(NULL) };
	char where[176];

	if (!self.parser) {
		scan->import->out_of_memory = true;
		return;
	}
	XML_SetUserData(self.parser, &self);
	XML_SetElementHandler(self.parser, start, end);
	XML_SetCharacterDataHandler(self.parser, text);
	XML_SetStartDoctypeDeclHandler(self.parser, doctype);
	if (XML_Parse(self.parser, source->text, (int)source->size, 1) != XML_STATUS_OK)
		import_left(scan, place(&self, XML_GetCurrentLineNumber(self.parser), where, sizeof(where)),
			"it is not read: %s", why_not(self.parser));
	XML_ParserFree(self.parser);
}

void import_scan_libvirt(struct import_scan *scan)
{
	static const char *const domains[] = { "etc/libvirt/qemu", NULL };
	static const char *const networks[] = { "etc/libvirt/qemu/networks", NULL };
	struct source_list *list = calloc(1, sizeof(*list));

	if (!list) {
		scan->import->out_of_memory = true;
		return;
	}
	import_files_read(scan, domains, ".xml", list);
	import_files_read(scan, networks, ".xml", list);
	for (size_t i = 0; i < list->count; i++)
		read_document(scan, &list->source[i]);
	source_list_free(list);
}
