// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks that come from other hosts, by iSCSI (sys/class/iscsi_session) and NVMe over fabrics (sys/class/nvme), below
 * the address or route through which the server is reached; and disks that are exported to other hosts, by the kernel's
 * NVMe target and by LIO (configfs).
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "use/reader.h"

static void link_server(struct use_build *build, const char *text, uint32_t node, const char *what, const char *label)
{
	struct use_ip ip;

	if (use_ip_parse(text, &ip))
		use_link(build->graph, use_way_to(build, &ip), node, PCI_USER_BLOCKS, what, label);
}

static void carry(struct use_build *build, uint32_t session, const struct use_disk *disk)
{
	use_link(build->graph, session, disk->node, PCI_USER_BLOCKS,
		use_text(build->graph, "the disk %s comes through it", disk->name), NULL);
}

static void place_iscsi(struct use_build *build, const struct use_disk *disk, const struct use_names *connections)
{
	struct use_graph *graph = build->graph;
	char target[224] = "?";
	uint32_t node;

	sysroot_read_text(
		build->root, target, sizeof(target), "sys/class/iscsi_session/session%d/targetname", disk->session);
	node = use_add(graph, "iscsi", 0, target, "iscsi:session%d", disk->session);
	if (node == USE_NONE)
		return;
	graph->node[node].needs = 1;
	carry(build, node, disk);
	for (size_t i = 0; i < connections->count; i++) {
		char address[64];
		int session;

		if (sscanf(connections->name[i], "connection%d:", &session) == 1 && session == disk->session &&
			sysroot_read_text(build->root, address, sizeof(address),
				"sys/class/iscsi_connection/%s/persistent_address", connections->name[i]) > 0)
			link_server(build, address, node,
				use_text(graph, "the iSCSI session with %s goes to %s", target, address),
				use_text(graph, "iSCSI session with %s at %s", target, address));
	}
}

/* "traddr=10.0.2.2,trsvcid=4420" */
static void place_fabrics(struct use_build *build, const struct use_disk *disk)
{
	struct use_graph *graph = build->graph;
	char text[256];
	char address[64];
	const char *at;
	uint32_t node;

	if (sysroot_read_text(build->root, text, sizeof(text), "sys/class/nvme/%s/address", disk->parent) <= 0)
		return;
	at = strstr(text, "traddr=");
	if (!at || sscanf(at, "traddr=%63[0-9a-fA-F.:]", address) != 1)
		return;
	node = use_add(graph, "nvmeof", 0, disk->parent, "nvmeof:%s", disk->parent);
	carry(build, node, disk);
	link_server(build, address, node,
		use_text(graph, "the NVMe controller %s at %s is reached through it", disk->parent, address),
		use_text(graph, "NVMe controller %s at %s", disk->parent, address));
}

static void add_export(struct use_build *build, const char *path, const char *what, const char *id)
{
	const struct use_disk *disk = use_disk_by_spec(build, path);
	uint32_t node;

	if (!disk && text_starts_with(path, "/dev/"))
		return;
	node = use_add(build->graph, "export", 0, what, "export:%s", id);
	use_link(build->graph, disk ? disk->node : use_mount_of_path(build, path), node, PCI_USER_BLOCKS,
		use_text(build->graph, "%s is %s", path, what), NULL);
}

static void read_nvmet(struct use_build *build)
{
	struct use_names subsystems;

	use_names_read(build, &subsystems, "sys/kernel/config/nvmet/subsystems");
	for (size_t i = 0; i < subsystems.count; i++) {
		const char *subsystem = subsystems.name[i];
		struct use_names spaces;

		use_names_read(build, &spaces, "sys/kernel/config/nvmet/subsystems/%s/namespaces", subsystem);
		for (size_t j = 0; j < spaces.count; j++) {
			const char *at = use_text(build->graph, "sys/kernel/config/nvmet/subsystems/%s/namespaces/%s",
				subsystem, spaces.name[j]);
			uint64_t enabled = 0;
			char path[256];

			if (sysroot_read_u64(build->root, &enabled, "%s/enable", at) < 0 || !enabled ||
				sysroot_read_text(build->root, path, sizeof(path), "%s/device_path", at) <= 0)
				continue;
			add_export(build, path, use_text(build->graph, "exported by NVMe over fabrics (%s)", subsystem),
				at);
		}
		use_names_done(&spaces);
	}
	use_names_done(&subsystems);
}

static void read_lio(struct use_build *build)
{
	struct use_names adapters;

	use_names_read(build, &adapters, "sys/kernel/config/target/core");
	for (size_t i = 0; i < adapters.count; i++) {
		struct use_names stores;

		use_names_read(build, &stores, "sys/kernel/config/target/core/%s", adapters.name[i]);
		for (size_t j = 0; j < stores.count; j++) {
			char path[256];

			if (sysroot_read_text(build->root, path, sizeof(path),
				    "sys/kernel/config/target/core/%s/%s/udev_path", adapters.name[i],
				    stores.name[j]) <= 0)
				continue;
			add_export(build, path,
				use_text(build->graph, "exported by the SCSI target (%s)", stores.name[j]),
				use_text(build->graph, "lio:%s/%s", adapters.name[i], stores.name[j]));
		}
		use_names_done(&stores);
	}
	use_names_done(&adapters);
}

void use_read_remote(struct use_build *build)
{
	struct use_names connections;

	use_names_read(build, &connections, "sys/class/iscsi_connection");
	for (size_t i = 0; i < build->disk_count; i++) {
		const struct use_disk *disk = &build->disk[i];

		if (disk->session >= 0)
			place_iscsi(build, disk, &connections);
		else if (disk->is_virtual && text_starts_with(disk->parent, "nvme"))
			place_fabrics(build, disk);
	}
	use_names_done(&connections);
	read_nvmet(build);
	read_lio(build);
}
