/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's messages of earlier boots from this host's journal; kernel_log.h is what others use. */
#ifndef DISTRO_KERNEL_JOURNAL_H
#define DISTRO_KERNEL_JOURNAL_H

#include "distro/kernel_log.h"

/* As kernel_log_each_previous(), newest first. */
int kernel_journal_each_previous(int boots, kernel_message_fn fn, void *context);

#endif
