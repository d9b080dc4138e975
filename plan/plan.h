/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: what this host should be, from files, and the way there.
 *
 *	desired.h	the desired state, typed: what everything below is about
 *			(desired.c: its end, its parts by name)
 *	place.h		files, lines and columns, for messages: place.c
 *	arena.h		memory of what a file becomes, given back all at once: arena.c
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H
#endif
