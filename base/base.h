/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base: what every room of both programs needs. It knows nothing of devices, hosts or guests, opens no file and prints
 * nothing.
 *
 *	error.h		struct error: one caller-owned object, a message and a hint; error.c fills it
 *	code.h		stable codes of failures and of doctor's checks, with their exit statuses: the table in code.c
 *	text.h		numbers, sizes and MAC addresses to and from what people write: text.c
 *	utf8.h		text that came from outside, and what of it may be shown: utf8.c
 *	cleanup.h	variables that release what they hold at the end of their scope
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H
#endif
