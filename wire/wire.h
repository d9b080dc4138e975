/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire: what the two programs, sluice and sluice-vmm, say to each other. They share no other code but base/, and
 * neither trusts the other's messages: sluice-vmm may have been taken over by its guest.
 *
 *	launch.h	how sluice starts sluice-vmm: messages and descriptors on one socket; launch.c checks both ways
 *	control.h	a running guest's control socket: one request, one answer; control_client.c is the side of
 *			sluice
 *	paging.h	an address of a guest through the guest's own page tables, as far as that went
 *	cpu.h		a guest's processors: arrangement, APIC ids, features by name: cpu.c
 *	rule.h		a user's rules about configuration spaces, and which of them are refused
 *	cage.h		the walls around sluice-vmm, and which of them stand: cage.c
 *	limits.h	how much of each a guest can have: one table for both programs
 *	start_step.h	the steps of a guest's start, and how long they took
 *	on_error.h	what an error of a device means to its guest
 *	iommufd.h	what both ask of iommufd, for headers that lack it
 *	addr.h		guest-physical and I/O virtual addresses as types that do not mix
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H
#endif
