/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an operator says of a guest's processors, as sluice-vmm takes it (wire/cpu.h). */
#ifndef GUEST_CPU_OPTIONS_H
#define GUEST_CPU_OPTIONS_H

#include "base/error.h"
#include "wire/cpu.h"

/*
 * model: "host", then features that are not shown: "host,-avx2,-rtm"; NULL: host. topology:
 * "sockets=2,cores=4,threads=2" in any order, what is left out being 1; NULL: one socket of *cpus cores. *cpus 0: as
 * many as the topology has, which otherwise has to agree with it; it is what was settled, on return. CODE_USAGE says
 * what cannot be.
 */
int cpu_options_parse(
	const char *model, const char *topology, uint32_t *cpus, struct cpu_config *ret_config, struct error *err);

#endif
