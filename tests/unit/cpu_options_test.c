// SPDX-License-Identifier: GPL-2.0-or-later
/* guest/cpu_options.c and wire/cpu.c: what operators say of processors, and which APIC ids come of it. */
#include "guest/cpu_options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"

static void topologies(void **state)
{
	static const struct {
		const char *text;
		uint32_t cpus, count, sockets, cores, threads; /* count 0: refused */
	} cases[] = {
		{ NULL, 0, 1, 1, 1, 1 },
		{ NULL, 6, 6, 1, 6, 1 },
		{ NULL, 254, 254, 1, 254, 1 },
		{ NULL, 255, 0, 0, 0, 0 },
		{ "sockets=2,cores=3,threads=2", 0, 12, 2, 3, 2 },
		{ "threads=2,cores=4", 8, 8, 1, 4, 2 },
		{ "cores=4", 8, 0, 0, 0, 0 },
		{ "cores=0", 0, 0, 0, 0, 0 },
		{ "cores=-1", 0, 0, 0, 0, 0 },
		{ "cores=4x", 0, 0, 0, 0, 0 },
		{ "cores", 0, 0, 0, 0, 0 },
		{ "dies=2", 0, 0, 0, 0, 0 },
		{ "", 0, 0, 0, 0, 0 },
		{ "sockets=16,cores=16", 0, 0, 0, 0, 0 },
		/* 3 takes 2 bits: 63 * 4 + 2 is the last id, and 64 sockets would need more than eight bits */
		{ "sockets=63,cores=3", 0, 189, 63, 3, 1 },
		{ "sockets=65,cores=3", 0, 0, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < array_size(cases); i++) {
		uint32_t cpus = cases[i].cpus;
		struct cpu_config config;
		struct error err = { 0 };
		int ret = cpu_options_parse(NULL, cases[i].text, &cpus, &config, &err);

		if (!cases[i].count) {
			if (ret == 0)
				fail_msg("case %zu was taken", i);
			assert_int_equal(err.code, CODE_USAGE);
			continue;
		}
		assert_int_equal(ret, 0);
		assert_int_equal(cpus, cases[i].count);
		assert_int_equal(config.shape.sockets, cases[i].sockets);
		assert_int_equal(config.shape.cores, cases[i].cores);
		assert_int_equal(config.shape.threads, cases[i].threads);
		assert_true(cpu_config_is_valid(&config));
	}
}

static void apic_ids(void **state)
{
	static const uint32_t wanted[] = { 0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13 };
	const struct cpu_shape shape = { 2, 3, 2 };

	(void)state;
	for (uint32_t i = 0; i < array_size(wanted); i++)
		assert_int_equal(cpu_apic_id(&shape, i), wanted[i]);
}

static void features(void **state)
{
	struct cpu_config config;
	struct error err = { 0 };
	uint32_t cpus = 1;
	char many[2048] = "host";

	(void)state;
	assert_int_equal(cpu_options_parse("host,-avx2,-pdpe1gb", NULL, &cpus, &config, &err), 0);
	assert_int_equal(config.hidden_count, 2);
	assert_int_equal(config.hidden[0].leaf, 7);
	assert_int_equal(config.hidden[0].reg, CPU_EBX);
	assert_int_equal(config.hidden[0].bit, 5);
	assert_int_equal(config.hidden[1].leaf, 0x80000001);
	assert_int_equal(config.hidden[1].bit, 26);
	assert_true(cpu_options_parse("host,+avx2", NULL, &cpus, &config, &err) < 0);
	assert_true(cpu_options_parse("host,-avx9", NULL, &cpus, &config, &err) < 0);
	assert_non_null(strstr(err.msg, "avx9"));
	assert_true(cpu_options_parse("Skylake", NULL, &cpus, &config, &err) < 0);
	assert_true(cpu_options_parse("", NULL, &cpus, &config, &err) < 0);
	for (int i = 0; i < LIMIT_CPU_HIDDEN + 1; i++)
		strcat(many, ",-aes");
	assert_true(cpu_options_parse(many, NULL, &cpus, &config, &err) < 0);
	/* what comes over the wire is checked again */
	config = (struct cpu_config){
		.shape = { 1, 1, 1 }, .hidden_count = 1, .hidden = { { .reg = CPU_REGISTER_COUNT } }
	};
	assert_false(cpu_config_is_valid(&config));
	config.hidden[0] = (struct cpu_bit){ .bit = 32 };
	assert_false(cpu_config_is_valid(&config));
	config.hidden_count = LIMIT_CPU_HIDDEN + 1;
	config.hidden[0].bit = 0;
	assert_false(cpu_config_is_valid(&config));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topologies),
		cmocka_unit_test(apic_ids),
		cmocka_unit_test(features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
