/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * use: who uses a device of this host, and what would be lost with it. One graph answers `list`, `impact`, `bind` and
 * `doctor`. Looks only.
 *
 *	graph.h		the graph from functions to what people would miss: graph.c has nodes, edges and strings
 *	impact.h	what would be lost: impact.c; impact_set.c, which functions go; impact_text.c, that in words
 *	reader.h	between the files that read the host:
 *	use.c		their order, and the answer about one function
 *	read.c		files and directories, and what of them could not be read
 *	net.c		network links and what is stacked on them
 *	address.c	addresses and routes, and through which of them another host is reached
 *	session.c	TCP sessions, and which of them are ssh
 *	listener.c	uses of a network link that need no address
 *	disk.c		disks by their names in sysfs
 *	block.c		disks and partitions, and by which names people call them
 *	stack.c		what is stacked on disks: LVM, RAID, encryption, multipath, bcache
 *	content.c	what is on disks: udev's word, btrfs, ZFS
 *	mount.c		mounts, swap, what the next boot wants to mount, loop devices, exported disks
 *	remote.c	disks and file systems of other hosts: iSCSI, NVMe over fabrics, NFS
 *	console.c	displays, keyboards, consoles
 *	subsystem.c	whatever else hangs off a function, by any class or bus of sysfs, and its device nodes
 *	attached.c	those of them whose class or bus is not known here
 *	known.c		what devices of some classes mean to people
 *	node.c		device nodes of VFIO's groups and of NVIDIA's driver
 *	memory.c	memory of functions that is this host's RAM, and mediated devices
 *	process.c	the processes that have disks, nodes and sockets open
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef USE_USE_H
#define USE_USE_H
#endif
