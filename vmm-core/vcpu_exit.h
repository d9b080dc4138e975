/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vCPU's return from KVM_RUN asks for; see vcpu_exit.c. */
#ifndef VMM_CORE_VCPU_EXIT_H
#define VMM_CORE_VCPU_EXIT_H

struct vcpu;

/* Answers the exit that the vCPU's shared page describes. One that cannot be answered ends the guest. */
void vcpu_exit(struct vcpu *vcpu);

/* Ends the guest because KVM_RUN itself failed with errnum. */
void vcpu_run_failed(struct vcpu *vcpu, int errnum);

#endif
