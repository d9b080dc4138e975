/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake: a kernel that is not there. A host described in words (tests/tools/compose.h) whose PCI functions, drivers and
 * VFs do what they are told by files of sysfs and messages of netlink. The files are real ones (FUSE), so the programs
 * of this project run on it as they are, beside each other, under strace, and may be killed at any time.
 *
 *	run		puts the fake's files where the host's are, and runs a script there; lib.sh: functions for it
 *	hosts/		descriptions
 *	main.c		the program: reads a tree and a description, then serves
 *	fuse.h		the files, for everybody: fuse.c
 *	netlink.h	messages about VFs: netlink.c; preload.c brings the program's socket here
 *	describe.c	how this kernel behaves, in lines of the description or of fake/control
 *	kernel.h	the state that the following share
 *	tree.h		directories, files and links: tree.c
 *	function.c	PCI functions and VFs, and where they are shown
 *	driver.c	who drives a function
 *	netdev.c	network devices of functions
 *	sriov.c		how many VFs
 *	attribute.h	what a write to a file does, and who waits for whom: attribute.c
 *	fault.h		the Nth access fails, hangs, takes long, kills: fault.c
 *	log.c		what was written, in order; what the kernel says
 *	reset.c		as it was at the beginning
 *
 * Not here: interrupts, DMA, VFIO's devices (their nodes are there, and cannot be opened), devlink.
 */
#ifndef FAKE_H
#define FAKE_H
#endif
