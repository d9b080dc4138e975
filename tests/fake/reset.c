// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Back to the beginning, for the next scenario: no VFs, the drivers that the description gives, no faults, nothing
 * logged. A client may remember names of files that stay, so they are the same ones.
 */
#include <string.h>

#include "tests/fake/kernel.h"

void kernel_remember(struct kernel *kernel)
{
	for (struct function *function = kernel->functions; function; function = function->next) {
		function->first_driver = function->driver;
		function->first_net = function->net;
		function->first_late_ms = function->late_ms;
	}
}

static void reset_function(struct kernel *kernel, struct function *function)
{
	if (function->count)
		sriov_remove(kernel, function);
	if (!function->dir)
		function_show(kernel, function);
	function->override[0] = '\0';
	node_set_text(node_add(kernel->tree, function->dir, "driver_override", NODE_FILE), "(null)\n");
	if (function->total) {
		function->autoprobe = true;
		function_show_number(kernel, function, "sriov_drivers_autoprobe", 1);
		function->late_ms = function->first_late_ms;
	}
	if (function->driver == function->first_driver)
		return;
	driver_unbind(kernel, function);
	function->net = function->first_net;
	if (function->first_driver)
		driver_bind(kernel, function->first_driver, function);
}

void kernel_reset(struct kernel *kernel)
{
	kernel->fault_count = 0;
	attribute_unhang(kernel);
	for (struct driver *driver = kernel->drivers; driver; driver = driver->next)
		driver->id_count = driver->id_count_first;
	for (struct function *function = kernel->functions; function; function = function->next)
		if (!function->pf)
			reset_function(kernel, function);
	node_set_text(kernel->log, "");
}
