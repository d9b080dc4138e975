/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken of files that are not taken whole: see walk.h. Functions of capture_how()'s table, by the file that has
 * them.
 */
#ifndef CAPTURE_REDUCE_H
#define CAPTURE_REDUCE_H

#include "capture/walk.h"
#include "sriov/sriov.h"

/*
 * One line (no line end) at a time: what is kept of it is written to out. With numbered, every line has one in the
 * bundle, so that "FILE:LINE" stays true; else those of which nothing was written have none. context is handed to fn.
 */
typedef void (*capture_line_fn)(struct capture *capture, char *line, FILE *out, void *context);
bool capture_lines(struct capture *capture, char *text, FILE *out, bool numbered, capture_line_fn fn, void *context);

/* Text up to a white space, as a name, a number or running text. */
void capture_put(struct capture *capture, enum redact_mode mode, const char *text, FILE *out);

/* A device of fstab(5): UUID=..., /dev/... */
void capture_put_spec(struct capture *capture, const char *spec, FILE *out);

/* reduce.c: the kernel's files */
bool reduce_text(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_serial(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_words(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_cpuinfo(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_stat(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_modules(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_input(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_nvidia(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_mapper(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_container(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_trace(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_grub_stub(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_kernel_config(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_aliases(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_module_files(struct capture *capture, char *text, size_t size, FILE *out);

/* number.c: numbers of hardware, and sluice's own files, which have them */
bool reduce_config(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_vpd(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_json(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_lease(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_note(struct capture *capture, char *text, size_t size, FILE *out);

/* table.c: mounts, routes, sessions */
bool reduce_mounts(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_swaps(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_fstab(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_crypttab(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_node_name(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_udev_data(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_route4(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_route6(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_tcp(struct capture *capture, char *text, size_t size, FILE *out);

/* config.c: what modprobe, udev and boot scripts are told; rival.c: network daemons and managers of guests */
bool reduce_cmdline(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_modprobe(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_module_list(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_udev_rules(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_boot_script(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_first_line(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_sshd(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_keyfile(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_ifcfg(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_networkd(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_netplan(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_libvirt(struct capture *capture, char *text, size_t size, FILE *out);
bool reduce_proxmox(struct capture *capture, char *text, size_t size, FILE *out);

/* MAC address and GUIDs of a VF's settings. */
void redact_settings(struct capture *capture, struct vf_settings *settings);

#endif
