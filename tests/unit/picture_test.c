// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * picture/ and the model that cli/ makes: every function is drawn once, groups hold exactly their members, no text runs
 * into another or out of its box, names that devices chose cannot break the markup, and colours can be read (WCAG 2.1).
 */
#include "picture/host_model.h"
#include "picture/layout.h"
#include "tests/unit/machine_tree.h"
#include "tests/unit/temp_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
	VFS = 20,
};

#define EVIL "<script>&\"'\x01\\"

struct drawn {
	struct temp_tree tree;
	struct host host;
	struct topology_model model;
	struct layout layout;
};

static void add(struct machine_tree *tree, struct machine_function *function, int group, const char *driver)
{
	function->root_bus = function->parent ? NULL : "pci0000:00";
	function->group = group;
	function->node = -1;
	function->driver = driver;
	machine_tree_add(tree, function);
}

/* Two ports without ACS in one group with what is below, others between; a PF with VFs, two of which share a group. */
static void make_machine(const char *dir)
{
	struct machine_function port[4];
	struct machine_function card[4];
	struct machine_tree tree;

	machine_tree_open(&tree, dir);
	machine_tree_iommu(&tree);
	for (uint8_t i = 0; i < 4; i++) {
		port[i] = (struct machine_function){ .device = (uint8_t)(i + 1),
			.class = 0x060400,
			.express = 4,
			.has_acs = i % 2,
			.acs_supported = 0x1d,
			.acs_enabled = 0x1d,
			.secondary = (uint8_t)(i + 1) };
		add(&tree, &port[i], i % 2 ? 10 + i : 7, "pcieport");
		card[i] = (struct machine_function){ .bus = (uint8_t)(i + 1),
			.parent = &port[i],
			.vendor_id = 0x8086,
			.device_id = 0x10c9,
			.class = 0x020000,
			.total_vfs = i == 1 ? VFS : 0,
			.resets = i ? "flr" : NULL };
		add(&tree, &card[i], i % 2 ? 20 + i : 7, i == 2 ? EVIL : "igb");
	}
	for (unsigned int i = 0; i < VFS; i++) {
		struct machine_function vf = { .bus = 2,
			.device = (uint8_t)((i + 1) / 8),
			.function = (i + 1) % 8,
			.parent = &port[1],
			.vendor_id = 0x8086,
			.device_id = 0x10ca,
			.class = 0x020000,
			.pf = &card[1],
			.vf_index = i };

		add(&tree, &vf, i == 14 ? 113 : 100 + (int)i, i % 2 ? "vfio-pci" : NULL);
	}
	machine_tree_close(&tree);
}

static int set_up(void **state)
{
	struct drawn *drawn = calloc(1, sizeof(*drawn));

	temp_tree_init(&drawn->tree);
	make_machine(drawn->tree.path);
	assert_int_equal(host_open(&drawn->host, drawn->tree.path, true, NULL), 0);
	assert_int_equal(topology_model_open(&drawn->model, &drawn->host, NULL), 0);
	assert_int_equal(layout_make(&drawn->model.picture, &drawn->layout), 0);
	*state = drawn;
	return 0;
}

static int tear_down(void **state)
{
	struct drawn *drawn = *state;

	layout_done(&drawn->layout);
	topology_model_close(&drawn->model);
	host_close(&drawn->host);
	temp_tree_done(&drawn->tree);
	free(drawn);
	return 0;
}

static bool is_function_box(const struct layout_box *box)
{
	return box->kind == BOX_PORT || box->kind == BOX_CARD || box->kind == BOX_CELL;
}

static void every_function_is_drawn_once(void **state)
{
	const struct drawn *drawn = *state;
	size_t seen[64] = { 0 };

	for (size_t i = 0; i < drawn->layout.box_count; i++)
		if (is_function_box(&drawn->layout.box[i]))
			seen[drawn->layout.box[i].item]++;
	for (size_t i = 0; i < drawn->host.pci.count; i++)
		assert_int_equal(seen[drawn->model.item[i]], 1);
}

static bool holds(const struct layout_rect *outer, const struct layout_rect *inner)
{
	return inner->x >= outer->x && inner->y >= outer->y && inner->x + inner->w <= outer->x + outer->w &&
	       inner->y + inner->h <= outer->y + outer->h;
}

static bool touch(const struct layout_rect *one, const struct layout_rect *other)
{
	return one->x < other->x + other->w && other->x < one->x + one->w && one->y < other->y + other->h &&
	       other->y < one->y + one->h;
}

static void groups_hold_exactly_their_members(void **state)
{
	const struct drawn *drawn = *state;
	const struct layout *layout = &drawn->layout;
	const struct picture *picture = &drawn->model.picture;
	size_t shared = 0;
	size_t held = 0;

	for (size_t i = 0; i < picture->item_count; i++)
		shared += picture_is_shared(picture, picture->item[i].group);
	for (size_t i = 0; i < layout->box_count; i++) {
		const struct layout_box *group = &layout->box[i];

		for (size_t k = 0; group->group >= 0 && k < layout->box_count; k++) {
			const struct layout_box *box = &layout->box[k];
			bool member = is_function_box(box) && picture->item[box->item].group == group->group;

			if (!is_function_box(box))
				continue;
			if (holds(&group->rect, &box->rect)) {
				assert_true(member);
				held++;
			} else {
				assert_true(member || !touch(&group->rect, &box->rect));
			}
		}
	}
	assert_int_equal(shared, 6);
	assert_int_equal(held, shared);
}

static void no_text_runs_into_another(void **state)
{
	const struct drawn *drawn = *state;
	const struct layout *layout = &drawn->layout;

	for (size_t i = 0; i < layout->part_count; i++) {
		const struct layout_part *part = &layout->part[i];

		if (part->kind != PART_TEXT)
			continue;
		assert_true(part->rect.x >= 0 && part->rect.x + part->rect.w <= layout->width);
		for (size_t k = i + 1; k < layout->part_count; k++)
			if (layout->part[k].kind == PART_TEXT && touch(&part->rect, &layout->part[k].rect))
				fail_msg("'%s' and '%s' overlap", part->text, layout->part[k].text);
	}
	for (size_t i = 0; i < layout->box_count; i++)
		for (size_t k = 0; layout->box[i].kind != BOX_PAGE && k < layout->box[i].part_count; k++)
			assert_true(holds(&layout->box[i].rect, &layout->part[layout->box[i].part + k].rect));
}

/* Elements are closed in the order in which they were opened, and text holds no mark of its own. */
static void expect_well_formed(const char *xml)
{
	char open[32][16];
	int depth = 0;

	for (const char *at = xml; *at; at++) {
		const char *end;

		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
		if (*at != '<')
			continue;
		end = strchr(at, '>');
		assert_non_null(end);
		if (at[1] == '/') {
			assert_true(depth > 0);
			depth--;
			assert_int_equal(strncmp(at + 2, open[depth], strlen(open[depth])), 0);
		} else if (at[1] != '?' && end[-1] != '/') {
			assert_true(depth < 32);
			assert_int_equal(sscanf(at + 1, "%15[a-z]", open[depth++]), 1);
		}
		at = end;
	}
	assert_int_equal(depth, 0);
}

static void names_cannot_break_the_markup(void **state)
{
	const struct drawn *drawn = *state;
	cleanup_free char *svg = NULL;
	cleanup_free char *html = NULL;
	cleanup_free char *dot = NULL;
	size_t size;
	FILE *out = open_memstream(&svg, &size);

	assert_int_equal(picture_svg(&drawn->model.picture, PICTURE_AUTO, out), 0);
	fclose(out);
	expect_well_formed(svg);
	assert_non_null(strstr(svg, "&lt;script&gt;&amp;&quot;&#39;?"));
	out = open_memstream(&html, &size);
	assert_int_equal(picture_html(&drawn->model.picture, PICTURE_AUTO, "{\"x\":\"</script>\"}", out), 0);
	fclose(out);
	assert_non_null(strstr(html, "{\"x\":\"\\u003c/script>\"}"));
	assert_null(strstr(html, "<script>&"));
	out = open_memstream(&dot, &size);
	picture_dot(&drawn->model.picture, true, out);
	fclose(out);
	assert_non_null(strstr(dot, "<script>&\\\"'?\\\\"));
}

/* x^2.4 for 0 to 1, without libm: the fifth root by Newton's method. */
static double power_2_4(double x)
{
	double root = 1;

	for (int i = 0; i < 60; i++)
		root -= (root * root * root * root * root - x * x) / (5 * root * root * root * root);
	return x * x * root;
}

static double luminance(uint32_t color)
{
	static const double weight[] = { 0.0722, 0.7152, 0.2126 };
	double sum = 0;

	for (int i = 0; i < 3; i++) {
		double value = (color >> (8 * i) & 0xff) / 255.0;

		sum += weight[i] * (value <= 0.04045 ? value / 12.92 : power_2_4((value + 0.055) / 1.055));
	}
	return sum;
}

static double contrast(uint32_t one, uint32_t other)
{
	double a = luminance(one) + 0.05;
	double b = luminance(other) + 0.05;

	return a > b ? a / b : b / a;
}

static void colors_can_be_read(void **state)
{
	static const enum picture_area soft[] = { AREA_PAGE, AREA_NODE, AREA_ROOT, AREA_PORT, AREA_CARD, AREA_TRAY };

	(void)state;
	assert_true(contrast(0, 0xffffff) > 20.9 && contrast(0x777777, 0xffffff) < 4.5);
	for (size_t i = 0; i < AREAS; i++) {
		assert_true(contrast(picture_areas[i].light.fill, picture_areas[i].light.ink) >= 4.5);
		assert_true(contrast(picture_areas[i].dark.fill, picture_areas[i].dark.ink) >= 4.5);
	}
	for (size_t i = 0; i < array_size(soft); i++) {
		assert_true(contrast(picture_areas[soft[i]].light.fill, picture_soft_ink.light) >= 4.5);
		assert_true(contrast(picture_areas[soft[i]].dark.fill, picture_soft_ink.dark) >= 4.5);
	}
}

static void clean_text_is_utf8(void **state)
{
	char buf[16];

	(void)state;
	picture_clean(buf, sizeof(buf), "a\xc3\xa9\xff\x1b\xed\xa0\x80");
	assert_string_equal(buf, "a\xc3\xa9?????");
	picture_clean(buf, 3, "a\xc3\xa9");
	assert_string_equal(buf, "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_function_is_drawn_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(groups_hold_exactly_their_members, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_text_runs_into_another, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_cannot_break_the_markup, set_up, tear_down),
		cmocka_unit_test(colors_can_be_read),
		cmocka_unit_test(clean_text_is_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
