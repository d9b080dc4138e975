/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notifications by ioeventfd: a guest's write to an address signals an eventfd inside KVM, and its vCPU runs on. */
#ifndef VMM_CORE_VIRTIO_NOTIFY_H
#define VMM_CORE_VIRTIO_NOTIFY_H

#include <stdint.h>

#include "base/error.h"

/* Any write to address, whatever its size and value. The eventfd stays the caller's. */
int notify_connect(int vm_fd, uint64_t address, int eventfd, struct error *err);
void notify_disconnect(int vm_fd, uint64_t address, int eventfd);

#endif
