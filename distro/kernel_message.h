/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's messages mean: for each cause of trouble with devices, IOMMUs and VFIO the forms in which kernels
 * report it, as they stand in the kernel's sources (printf formats), what it means and what to do. A message is of a
 * form when it has the form's text from its first character to its last, with numbers and words where the format has
 * conversions.
 *
 *	kernel_message.c	a message against the forms
 *	kernel_message_pci.c	drivers/pci: registers, VFs, resets, links
 *	kernel_message_iommu.c	drivers/iommu, kernel/irq, firmware tables
 *	kernel_message_vfio.c	drivers/vfio
 *	kernel_message_driver.c	the driver core, NVMe, KVM
 *
 * tests/data/kernel-messages has the messages of the kernels named below, and a test finds each form there. IOMMU
 * faults are decoded by iommu/fault.h.
 */
#ifndef DISTRO_KERNEL_MESSAGE_H
#define DISTRO_KERNEL_MESSAGE_H

#include "base/code.h"
#include "pci/pci.h"

/* The kernel releases whose sources were looked at. */
enum message_release {
	V3_13,
	V4_19,
	V5_10,
	V5_15,
	V6_1,
	V6_12,
	V7_3,
	MESSAGE_RELEASE_COUNT,
	NOW = V7_3,
};

enum {
	MESSAGE_FORMS_MAX = 16,
	MESSAGE_NAME_SIZE = 32,
};

enum message_speaker {
	MESSAGE_PLAIN,     /* nothing in front */
	MESSAGE_OF_DEVICE, /* "DRIVER DEVICE: " in front, which the kernel adds (dev_printk) */
};

/* Which messages of a form are meant, by what its first conversion has: one form can be about several things. */
enum message_select {
	MESSAGE_ANY,
	MESSAGE_BAR,         /* "BAR 2", or 2 in older kernels */
	MESSAGE_VF_BAR,      /* "VF BAR 2", or a number from 7 to 12 */
	MESSAGE_UNCORRECTED, /* not "Corrected", "Correctable" */
};

struct message_form {
	const char *format; /* as the kernel has it, without the last line break */
	enum message_speaker speaker;
	enum message_release first, last; /* that have it */
	enum message_select select;
};

#define SPOKEN(first, last, format)                                                                                    \
	{                                                                                                              \
		format, MESSAGE_OF_DEVICE, first, last, MESSAGE_ANY                                                    \
	}
#define SPOKEN_IF(select, first, last, format)                                                                         \
	{                                                                                                              \
		format, MESSAGE_OF_DEVICE, first, last, select                                                         \
	}
#define PLAIN(first, last, format)                                                                                     \
	{                                                                                                              \
		format, MESSAGE_PLAIN, first, last, MESSAGE_ANY                                                        \
	}

/* Does what was reported still matter? The kernel tries again, another driver comes. */
enum message_lasting {
	MESSAGE_ALWAYS,
	MESSAGE_WHILE_DRIVERLESS,   /* while the device has no driver */
	MESSAGE_WHILE_UNPLACED,     /* while a BAR of the device has no address */
	MESSAGE_UNLESS_VF_UNPLACED, /* not while a VF BAR has none: that is VF-NOMEM's finding */
};

/* What the kernel runs without after the message: a check that finds it missing has its cause here. */
enum message_stops {
	MESSAGE_STOPS_NOTHING,
	MESSAGE_STOPS_IOMMU,
	MESSAGE_STOPS_REMAPPING, /* of interrupts */
	MESSAGE_STOPS_X2APIC,
	MESSAGE_STOPS_KVM,
};

struct message_cause {
	enum code code;
	const char *means; /* of the device, or of the host */
	const char *why;   /* what usually brings it about; NULL: the message says it */
	const char *fix; /* DEVICE stands for the device's address; a way without it behind '|', where there is none */
	enum message_lasting lasting;
	enum message_stops stops;
	bool names_line; /* the first number in the message is an interrupt of /proc/interrupts */
	bool generic;    /* another message about the device at that time says more, if there is one */
	struct message_form form[MESSAGE_FORMS_MAX];
};

/* The causes, ended by one whose means is NULL. */
extern const struct message_cause message_causes_pci[];
extern const struct message_cause message_causes_iommu[];
extern const struct message_cause message_causes_vfio[];
extern const struct message_cause message_causes_driver[];

/* All of them, one after the other: NULL begins and ends. */
const struct message_cause *message_cause_next(const struct message_cause *cause);

struct message_match {
	const struct message_cause *cause;
	const struct message_form *form;
	bool has_device;
	struct pci_addr device;
	char name[MESSAGE_NAME_SIZE]; /* who speaks, where that is no PCI function: "nvme2"; "" */
};

/* The cause that a message reports; false for none. */
bool message_find(const char *text, struct message_match *ret_match);

/* What to do, with the device's address for DEVICE; the way without it for device NULL. Returns buf. */
const char *message_fix(const struct message_cause *cause, const char *device, char *buf, size_t size);

/* "nvme nvme2: pci function 0000:01:00.1": which PCI function a name stands for from now on. */
bool message_names_function(const char *text, char *buf, size_t size, struct pci_addr *ret_addr);

#endif
