/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * distro: what a Linux distribution and its programs keep in files, as far as it decides who gets a device. Looks
 * only, but for boot_argument.h and initramfs.h.
 *
 *	conf_file.h	lines of configuration files, with file and line number: conf_file.c
 *	modprobe_conf.h	options, aliases and blacklists of modprobe.d, and the kernel's command line: modprobe_conf.c
 *	boot_loader.h	which boot loader there is, and how an argument is added to the kernel's command line:
 *			boot_loader.c
 *	boot_argument.h	kernel arguments for the next boot, written for that boot loader: boot_argument.c
 *	initramfs.h	the initramfs and who makes it: initramfs.c
 *	tool.h		the distribution's programs, run for the two above: tool.c
 *	kernel_log.h	kernel logs of this boot and of earlier ones: kernel_log.c
 *	kernel_message.h	what the kernel's messages mean: kernel_message.c, and a table for each of its subjects
 *				in kernel_message_pci.c,
 *			kernel_message_iommu.c, kernel_message_vfio.c, kernel_message_driver.c
 *	kernel_finding.h	what the logs hold against devices, each cause once: kernel_finding.c
 *	kernel_explain.h	a failure in the words that the kernel just said: kernel_explain.c
 *	kernel_journal.h	those of earlier boots in systemd's journal, through libsystemd: kernel_journal.c
 *	rival.h		other programs that act on a device: rival.c asks the three that know their files:
 *			rival_driver.c (driverctl, udev, modules), rival_network.c (network daemons), rival_guest.c
 *			(managers of guests); what these share: rival_scan.h, rival_scan.c
 *
 * This header only explains the room: include the one that you need.
 */
#ifndef DISTRO_DISTRO_H
#define DISTRO_DISTRO_H
#endif
