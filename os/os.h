/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * os: how this host's files and the kernel's interfaces are read and written, whatever is in them.
 *
 *	sysroot.h	the root below which /sys, /proc, /dev, /run and /etc are read: sysroot.c; a captured one is
 *			never left, nor written
 *	temp_dir.h	private directories, into which a bundle is unpacked; gone with the process: temp_dir.c
 *	host_lock.h	one sluice changes the host at a time: host_lock.c
 *	run_dir.h	small files below /run/sluice that are whole or absent: run_dir.c
 *	state_dir.h	/var/lib/sluice, for what outlives a reboot: state_dir.c
 *	timed_write.h	a write to sysfs with a deadline, since drivers may never return: timed_write.c
 *	text_file.h	a file that people wrote, whole and within a limit: text_file.c
 *	lines.h		a file cut into lines while it grows: lines.c
 *	kmsg.h		the kernel log of this boot, record by record: kmsg.c
 *	notify.h	telling systemd how a service is: notify.c
 *	fd_batch.h	descriptors that are closed together: fd_batch.c
 *	asker.h		what the kernel grants whoever looks: asker.c
 *	place.h		where this kernel runs: on the machine, as a guest, in a container: place.c
 *	bundle.h	a captured host in one file: bundle_writer.c, bundle_extract.c, bundle_path.c
 *	archive_library.h	libarchive, loaded when a bundle is read or written: archive_library.c
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef OS_OS_H
#define OS_OS_H
#endif
