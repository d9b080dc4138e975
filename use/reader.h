/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that read the graph of uses (graph.h) from the host: what they share while they do. Used by use/
 * only.
 */
#ifndef USE_READER_H
#define USE_READER_H

#include <net/if.h>
#include <stdint.h>
#include <stdio.h>

#include "use/graph.h"

enum {
	USE_FEW = 64, /* so many links or disks are looked at from both ends, carriers and carried */
	USE_IP_TEXT_SIZE = 46,
	USE_NAME_SIZE = 128, /* of a file; longer ones are passed over */
};

/* An IPv4 address takes 4 bytes, in network order. */
struct use_ip {
	int family;
	uint8_t bytes[16];
};

struct use_address {
	char link[IFNAMSIZ];
	struct use_ip ip;
	unsigned int prefix, session_count; /* TCP sessions that are not ssh */
	uint32_t node;
};

struct use_route {
	char link[IFNAMSIZ];
	struct use_ip to, gateway;
	unsigned int prefix;
	bool has_gateway;
	uint32_t metric;
	uint32_t node;
};

struct use_session {
	struct use_ip local, remote;
	uint16_t local_port, remote_port;
	uint64_t inode; /* of the socket */
	bool ssh, own;
};

struct use_disk {
	char name[40];
	char device[16]; /* "259:1"; "" unknown */
	char uuid[64], label[64], part_uuid[40], part_label[64], mapper[128];
	char content[32]; /* what udev saw: "ext4", "LVM2_member"; "" nothing */
	char parent[40];  /* the last directory above it in sysfs */
	uint32_t node, function;
	int session; /* of iSCSI, that brings it; -1: none */
	unsigned int mounts;
	bool is_virtual; /* made by software, of other disks or of nothing */
};

struct use_mount {
	char where[256];
	uint32_t node; /* USE_NONE: on nothing that is looked at here (tmpfs) */
};

/* While the graph is being read. */
struct use_build {
	const struct sysroot *root;
	struct use_graph *graph;
	uint32_t machine; /* carries what hangs off no PCI function, and is never lost */
	struct use_address *address;
	struct use_route *route;
	struct use_session *session;
	struct use_disk *disk;
	struct use_mount *mount;
	size_t address_count, address_space, route_count, route_space, session_count, session_space, disk_count,
		disk_space, mount_count, mount_space;
	bool zfs_mounted;
};

/* Room for one more in an array that doubles: the array, moved or not; NULL (and the old one stays) without memory. */
void *use_grow(void *array, size_t count, size_t *space, size_t size);

/* The next element of one of the arrays above, zeroed; NULL without memory. */
#define use_next(build, member)                                                                                        \
	({                                                                                                             \
		__typeof__((build)->member) grown_ = use_grow(                                                         \
			(build)->member, (build)->member##_count, &(build)->member##_space, sizeof(*(build)->member)); \
		if (grown_) {                                                                                          \
			(build)->member = grown_;                                                                      \
			grown_ += (build)->member##_count++;                                                           \
			*grown_ = (__typeof__(*grown_)){ 0 };                                                          \
		} else {                                                                                               \
			(build)->graph->out_of_memory = true;                                                          \
		}                                                                                                      \
		grown_;                                                                                                \
	})

/* Free what the graph holds, and not the graph. */
void use_graph_done(struct use_graph *graph);

/* read.c ------------------------------------------------------------------------------------------------------ */

struct use_names {
	char (*name)[USE_NAME_SIZE]; /* owned */
	size_t count;
};

/* The names in a directory, sorted, without those that start with a dot; none where it cannot be read. */
void use_names_read(struct use_build *build, struct use_names *ret_names, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void use_names_done(struct use_names *names);
bool use_names_have(const struct use_names *names, const char *name);

typedef void (*use_line_fn)(struct use_build *build, char *line);

/* Each line of a file, without its end. False where it cannot be read; for want of privilege, that is noted. */
bool use_each_line(struct use_build *build, const char *path, use_line_fn take);

/* The function that a path in sysfs leads to, as a node: the last one in it, or USE_NONE. */
uint32_t use_function_of_path(const struct use_build *build, const char *path);

/* The value of KEY in text of lines "KEY=value"; "" when it is not there. Returns buf. */
const char *use_value(const char *text, const char *key, char *buf, size_t size);

/* mountinfo, swaps and fstab write a space as \040. In place. */
void use_unescape(char *text);

/* address.c --------------------------------------------------------------------------------------------------- */

bool use_ip_parse(const char *text, struct use_ip *ret_ip);
const char *use_ip_text(const struct use_ip *ip, char buf[static USE_IP_TEXT_SIZE]);
struct use_ip use_ip_bare(const struct use_ip *ip); /* an IPv4 address without the IPv6 coat that it may have */

/* One of the host's own addresses, or NULL; IPv4 in an IPv6 coat is understood. */
struct use_address *use_address_find(const struct use_build *build, const struct use_ip *ip);

/* What carries packets to that host: an address (its network is there), a route, a link; or USE_NONE. */
uint32_t use_way_to(const struct use_build *build, const struct use_ip *ip);

/* block.c ----------------------------------------------------------------------------------------------------- */

struct use_disk *use_disk_by_name(const struct use_build *build, const char *name);
struct use_disk *use_disk_by_number(const struct use_build *build, const char *device);

/* "UUID=...", "LABEL=...", "/dev/sda1", "/dev/mapper/x", "/dev/disk/by-id/...": as fstab(5) has it; or NULL. */
struct use_disk *use_disk_by_spec(const struct use_build *build, const char *spec);

/* Is there anything on it that stops it from being taken? */
bool use_is_used(const struct use_graph *graph, uint32_t node);

/* stack.c ----------------------------------------------------------------------------------------------------- */

void use_read_stacks(struct use_build *build);

/* mount.c ----------------------------------------------------------------------------------------------------- */

/* The mount that a path lies on: its node, or USE_NONE. */
uint32_t use_mount_of_path(const struct use_build *build, const char *path);

/* subsystem.c ------------------------------------------------------------------------------------------------- */

/* A device node of a function: name is its path below /dev. */
void use_add_node(struct use_build *build, uint32_t function, const char *kind, unsigned int flags, const char *name);

/* attached.c -------------------------------------------------------------------------------------------------- */

/* A device that hangs off a function. */
struct use_attached {
	const char *path;        /* from its function's root on, without what leads up from the link */
	const char *place;       /* "class/bluetooth" */
	const char *name, *text; /* "hci0"; text: what is said of it, NULL for what is known */
	uint32_t function;
	bool covers, said;
};

struct use_scan {
	struct use_build *build;
	struct use_attached *at;
	size_t count, space;
};

/* One more, at the end of that link's path; the caller fills in the rest. NULL without memory. */
struct use_attached *use_attach(struct use_scan *scan, uint32_t function, const char *target);

/* Say those that nothing known lies above or below; the order of the scan changes. */
void use_say_attached(struct use_scan *scan);

/* known.c ----------------------------------------------------------------------------------------------------- */

void use_say_connector(struct use_build *build, uint32_t function, const char *connector);
void use_say_tpm(struct use_build *build, uint32_t function, const char *name);
void use_say_watchdog(struct use_build *build, uint32_t function, const char *name);
void use_say_usb(struct use_build *build, uint32_t function, const char *name);
void use_say_thunderbolt(struct use_build *build, uint32_t function, const char *name);
void use_say_dma(struct use_build *build, uint32_t function, const char *name);
void use_say_vdpa(struct use_build *build, uint32_t function, const char *name);
void use_say_fibre_channel(struct use_build *build, uint32_t function, const char *name);
void use_say_infiniband(struct use_build *build, uint32_t function, const char *name);

/* session.c --------------------------------------------------------------------------------------------------- */

/* The session whose socket has that inode, or NULL. */
struct use_session *use_session_by_inode(const struct use_build *build, uint64_t inode);

/* The readers, in the order in which use.c calls them ------------------------------------------------------------- */

void use_read_links(struct use_build *build);
void use_read_addresses(struct use_build *build);
void use_read_sessions(struct use_build *build);
void use_read_listeners(struct use_build *build);
void use_read_disks(struct use_build *build);
void use_read_content(struct use_build *build);
void use_read_mounts(struct use_build *build);
void use_read_remote(struct use_build *build);
void use_read_console(struct use_build *build);
void use_read_subsystems(struct use_build *build);
void use_read_nodes(struct use_build *build);
void use_read_memory(struct use_build *build);
void use_read_processes(struct use_build *build);
void use_place_sessions(struct use_build *build);
void use_place_content(struct use_build *build);
void use_check_exclusive(struct use_build *build);
void use_note_content(struct use_build *build);

#endif
