// SPDX-License-Identifier: GPL-2.0-or-later
/* Framebuffers of the boot; see framebuffer.h. */
#include "doctor/framebuffer.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "pci/detail.h"

static bool is_framebuffer(const char *name)
{
	static const char *const names[] = { "BOOTFB", "efifb", "vesafb", "simplefb", "simpledrm",
		"simple-framebuffer" };

	for (size_t i = 0; i < array_size(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

void framebuffers_read(const struct sysroot *root, struct framebuffers *ret_framebuffers)
{
	cleanup_close int fd = sysroot_open_file(root, O_RDONLY, "proc/iomem");
	cleanup_file FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct pci_addr device = { 0 };
	char line[256];
	int below = -1; /* indentation of a device's own line, while inside it */

	*ret_framebuffers = (struct framebuffers){ 0 };
	if (!file)
		return;
	take_fd(&fd);
	while (ret_framebuffers->count < FRAMEBUFFER_MAX && fgets(line, sizeof(line), file)) {
		struct framebuffer *framebuffer = &ret_framebuffers->item[ret_framebuffers->count];
		int indent = (int)strspn(line, " ");
		char *name = strstr(line, " : ");
		unsigned long long start, end;

		if (!name || sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		name = text_chomp(name + strlen(" : "));
		if (below >= 0 && indent <= below)
			below = -1;
		if (!pci_addr_parse(name, &device))
			below = indent;
		if (!is_framebuffer(name))
			continue;
		*framebuffer = (struct framebuffer){ "", start, end, below >= 0, device };
		text_copy(framebuffer->line, sizeof(framebuffer->line), line + indent);
		ret_framebuffers->count++;
	}
}

static bool lies_in_bar(
	const struct sysroot *root, const struct pci_device *device, const struct framebuffer *framebuffer)
{
	struct pci_bar bars[PCI_BAR_MAX];
	size_t count = pci_bars_read(root, device->addr, bars);

	for (size_t i = 0; i < count; i++)
		if (!bars[i].is_io && bars[i].address && framebuffer->start <= bars[i].address + bars[i].size - 1 &&
			framebuffer->end >= bars[i].address)
			return true;
	return false;
}

const struct framebuffer *framebuffer_of(
	const struct sysroot *root, const struct framebuffers *framebuffers, const struct pci_device *device)
{
	for (size_t i = 0; i < framebuffers->count; i++) {
		const struct framebuffer *at = &framebuffers->item[i];

		if (at->end ? lies_in_bar(root, device, at)
			    : at->in_device && !pci_addr_compare(at->device, device->addr))
			return at;
	}
	return NULL;
}
