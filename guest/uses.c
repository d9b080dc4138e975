// SPDX-License-Identifier: GPL-2.0-or-later
/* Running guests in the graph of uses; see uses.h. */
#include "guest/uses.h"

#include <errno.h>

#include "base/cleanup.h"
#include "guest/guest.h"

/* The process that runs a guest is known as the holder of the group; without that, the guest hangs off the function. */
static void place_guest(struct use_graph *graph, const struct guest_info *guest, const struct pci_device *device)
{
	uint32_t function = use_function(graph, device);
	uint32_t holder = use_find(graph, "process:%d:vfio/%d", (int)guest->vmm_pid, device->iommu_group);
	uint32_t node = use_add(graph, "guest", 0, guest->name, "guest:%s", guest->name);

	use_link(graph, holder == USE_NONE ? function : holder, node, PCI_USER_BLOCKS,
		use_text(graph, "the running guest %s has it", guest->name),
		use_text(graph, "the running guest %s", guest->name));
}

static void place_guests(const struct host *host, struct use_graph *graph)
{
	cleanup_free struct guest_info *guests = NULL;
	size_t count = 0;

	if (guest_list(&host->root, &guests, &count, NULL) < 0)
		use_note_unseen(graph, "run/sluice/guests");
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < guests[i].device_count; j++) {
			const struct pci_device *device = pci_inventory_find(&host->pci, guests[i].device[j]);

			if (device)
				place_guest(graph, &guests[i], device);
		}
}

int guest_impact_read(const struct host *host, const struct pci_device *const *devices, size_t count,
	enum impact_purpose purpose, struct impact *ret_impact, struct error *err)
{
	struct use_graph *graph = host_use(host, err);

	if (!graph)
		return -ENOMEM;
	place_guests(host, graph);
	return impact_read(&host->root, &host->pci, graph, devices, count, purpose, ret_impact, err);
}
