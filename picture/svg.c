// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layout as SVG 1.1: classes with a style sheet made of the tables in style.c, one <g> with id, title and
 * description for each box, nothing from outside. CSS variables are avoided: rsvg and Inkscape do not know them. What
 * was measured for a wide font is drawn with the reader's own, which is narrower or the same.
 */
#include "picture/svg.h"

#include <errno.h>
#include <string.h>

#include "picture/layout.h"

#define SANS "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',Verdana,sans-serif"
#define MONO "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"

void picture_put_xml(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else if (*text == '\'')
			fputs("&#39;", out);
		else
			fputc(*text, out);
	}
}

/*
 * Style sheet
 * ------------------------------------------------------------------------------------------------------------
 */

static void put_colors(FILE *out, const char *indent, bool dark)
{
	for (size_t i = 0; i < AREAS; i++) {
		const struct picture_area_style *area = &picture_areas[i];
		const struct picture_colors *colors = dark ? &area->dark : &area->light;

		fprintf(out, "%s.a-%s{fill:#%06x;stroke:#%06x}.i-%s{fill:#%06x}.s-%s{stroke:#%06x}\n", indent,
			area->name, colors->fill, colors->stroke, area->name, colors->ink, area->name, colors->ink);
	}
	fprintf(out, "%s.soft{fill:#%06x}.wire{stroke:#%06x}.g{color-scheme:%s}\n", indent,
		dark ? picture_soft_ink.dark : picture_soft_ink.light, dark ? picture_wire.dark : picture_wire.light,
		dark ? "dark" : "light");
}

static void put_letters(FILE *out)
{
	for (size_t i = 0; i < LETTERS; i++) {
		const struct picture_letter_style *letter = &picture_letters[i];

		fprintf(out, ".%s{font:%s%d.%dpx %s}\n", letter->name, letter->bold ? "600 " : "", letter->tenths / 10,
			letter->tenths % 10, letter->mono ? MONO : SANS);
	}
}

static void put_style(FILE *out, enum picture_theme theme)
{
	fputs("<style>\n", out);
	put_letters(out);
	fputs("text{white-space:pre}.wire{fill:none;stroke-width:1.5}.symbol{stroke-width:1.5}.cut{fill:none}\n", out);
	put_colors(out, "", theme == PICTURE_DARK);
	for (size_t i = 0; i < AREAS; i++)
		if (picture_areas[i].more[0])
			fprintf(out, ".a-%s{%s}\n", picture_areas[i].name, picture_areas[i].more);
	if (theme == PICTURE_AUTO) {
		fputs("@media screen and (prefers-color-scheme:dark){\n", out);
		put_colors(out, "  ", true);
		fputs("}\n", out);
	}
	fputs("</style>\n", out);
}

/*
 * Parts
 * ------------------------------------------------------------------------------------------------------------------
 */

/* Filled or hollow, each owner has a shape of its own. */
static void put_symbol(FILE *out, const struct layout_part *part)
{
	const char *area = picture_areas[part->area].name;
	int x = part->rect.x;
	int y = part->rect.y;
	int size = part->rect.w;

	switch (part->owner) {
	case PICTURE_HOST:
		fprintf(out, "<rect class=\"symbol i-%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>", area, x + 1,
			y + 1, size - 2, size - 2);
		break;
	case PICTURE_VFIO:
		fprintf(out, "<circle class=\"symbol cut s-%s\" cx=\"%d\" cy=\"%d\" r=\"%d\"/>", area, x + size / 2,
			y + size / 2, size / 2 - 1);
		break;
	case PICTURE_OPERATOR:
		fprintf(out, "<path class=\"symbol i-%s\" d=\"M%d %dl%d %dl-%d %dl-%d -%dz\"/>", area, x + size / 2, y,
			size / 2, size / 2, size / 2, size / 2, size / 2, size / 2);
		break;
	case PICTURE_GUEST:
		fprintf(out, "<circle class=\"symbol i-%s\" cx=\"%d\" cy=\"%d\" r=\"%d\"/>", area, x + size / 2,
			y + size / 2, size / 2);
		break;
	default:
		fprintf(out,
			"<rect class=\"symbol cut s-%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
			"stroke-dasharray=\"2 2\"/>",
			area, x + 1, y + 1, size - 2, size - 2);
	}
}

static void put_text(FILE *out, const struct layout_part *part)
{
	const struct picture_letter_style *letter = &picture_letters[part->letter];
	int base = part->rect.y + (letter->tenths * 95 + 50) / 1000;

	fprintf(out, "<text class=\"%s %s%s\" x=\"%d\" y=\"%d\">", letter->name, letter->soft ? "soft" : "i-",
		letter->soft ? "" : picture_areas[part->area].name, part->rect.x, base);
	picture_put_xml(out, part->text);
	fputs("</text>", out);
}

static void put_area(FILE *out, const struct layout_part *part)
{
	const struct picture_area_style *area = &picture_areas[part->area];
	int radius = area->radius;

	if (part->rect.w < 2 * radius)
		radius = part->rect.w / 2;
	fprintf(out, "<rect class=\"a-%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", area->name,
		part->rect.x, part->rect.y, part->rect.w, part->rect.h, radius);
}

static void put_parts(const struct layout *layout, const struct layout_box *box, FILE *out)
{
	static void (*const put[])(FILE *, const struct layout_part *) = {
		[PART_AREA] = put_area, [PART_TEXT] = put_text, [PART_SYMBOL] = put_symbol
	};

	for (size_t i = 0; i < box->part_count; i++)
		put[layout->part[box->part + i].kind](out, &layout->part[box->part + i]);
}

/*
 * Boxes
 * ------------------------------------------------------------------------------------------------------------------
 */

static const char *const kind_names[BOX_KINDS] = {
	[BOX_PAGE] = "heading",
	[BOX_NODE] = "numa",
	[BOX_ROOT] = "complex",
	[BOX_GROUP] = "shared",
	[BOX_PORT] = "bridge",
	[BOX_CARD] = "device",
	[BOX_TRAY] = "vfs",
	[BOX_CELL_GROUP] = "shared",
	[BOX_CELL] = "vf",
	[BOX_LEGEND] = "legend",
};

static void put_function_description(const struct picture *picture, const struct picture_item *item, FILE *out)
{
	char text[64];

	if (item->kind != PICTURE_PORT) {
		picture_put_xml(out, item->owner_text);
		fputc('\n', out);
	}
	if (item->group >= 0) {
		picture_put_xml(out, picture_group_text(picture, item->group, text, sizeof(text)));
		fputc('\n', out);
	}
	for (size_t i = 0; i < item->badge_count; i++) {
		const struct picture_badge *badge = &picture->badge[item->badge + i];

		fprintf(out, "%s: ", picture_level_names[badge->level]);
		picture_put_xml(out, badge->detail[0] ? badge->detail : badge->text);
		fputc('\n', out);
	}
}

static void put_title(const struct picture *picture, const struct layout_box *box, FILE *out)
{
	char text[112];

	fputs("<title>", out);
	if (box->group >= 0) {
		picture_put_xml(out, picture_group_text(picture, box->group, text, sizeof(text)));
	} else if (box->kind == BOX_TRAY) {
		picture_put_xml(out, picture_vf_text(&picture->item[box->item], text, sizeof(text)));
	} else {
		const struct picture_item *item = &picture->item[box->item];

		fprintf(out, "%s%s", item->address, item->address[0] ? " " : "");
		picture_put_xml(out, item->title);
	}
	fputs("</title>", out);
}

static void put_description(const struct picture *picture, const struct layout_box *box, FILE *out)
{
	fputs("<desc>", out);
	if (box->group >= 0)
		picture_put_xml(out, picture->group[box->group].reason);
	else if (picture->item[box->item].device)
		put_function_description(picture, &picture->item[box->item], out);
	else
		picture_put_xml(out, picture->item[box->item].detail);
	fputs("</desc>", out);
}

static void put_id(const struct picture *picture, const struct layout_box *box, FILE *out)
{
	if (box->group >= 0)
		fprintf(out, " id=\"group-%d-part-%d\" data-group=\"%d\"", box->group, box->piece, box->group);
	else if (box->kind == BOX_TRAY)
		fprintf(out, " id=\"%s-vfs\" data-of=\"%s\"", picture->item[box->item].id, picture->item[box->item].id);
	else if (box->item >= 0 && picture->item[box->item].group >= 0)
		fprintf(out, " id=\"%s\" data-group=\"%d\"", picture->item[box->item].id,
			picture->item[box->item].group);
	else if (box->item >= 0)
		fprintf(out, " id=\"%s\"", picture->item[box->item].id);
}

static void put_box(const struct picture *picture, const struct layout *layout, const struct layout_box *box, FILE *out)
{
	fprintf(out, "<g class=\"box %s\"", kind_names[box->kind]);
	put_id(picture, box, out);
	fputc('>', out);
	if (box->item >= 0 || box->group >= 0) {
		put_title(picture, box, out);
		if (box->kind != BOX_TRAY)
			put_description(picture, box, out);
	}
	put_parts(layout, box, out);
	fputs("</g>\n", out);
}

static void put_layer(const struct picture *picture, const struct layout *layout, enum layout_box_kind first,
	enum layout_box_kind last, FILE *out)
{
	for (size_t i = 0; i < layout->box_count; i++)
		if (layout->box[i].kind >= first && layout->box[i].kind <= last)
			put_box(picture, layout, &layout->box[i], out);
}

static void put_wires(const struct layout *layout, FILE *out)
{
	fputs("<g class=\"wires\" aria-hidden=\"true\">\n", out);
	for (size_t i = 0; i < layout->wire_count; i++) {
		const struct layout_wire *wire = &layout->wire[i];

		if (wire->y == wire->end_y)
			fprintf(out, "<path class=\"wire\" d=\"M%d %dH%d\"/>\n", wire->x, wire->y, wire->end_x);
		else
			fprintf(out, "<path class=\"wire\" d=\"M%d %dH%dV%dH%d\"/>\n", wire->x, wire->y, wire->middle,
				wire->end_y, wire->end_x);
	}
	fputs("</g>\n", out);
}

int svg_write(const struct picture *picture, enum picture_theme theme, bool alone, FILE *out)
{
	cleanup_layout struct layout layout = { 0 };

	if (layout_make(picture, &layout) < 0)
		return -ENOMEM;
	if (alone)
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"g\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d "
		"%d\" "
		"role=\"img\" aria-labelledby=\"picture-title picture-summary\">\n<title id=\"picture-title\">PCI "
		"topology of ",
		layout.width, layout.height, layout.width, layout.height);
	picture_put_xml(out, picture->host);
	fputs("</title>\n<desc id=\"picture-summary\">", out);
	picture_put_xml(out, picture->summary);
	fputs("</desc>\n", out);
	put_style(out, theme);
	fprintf(out, "<rect class=\"a-page\" width=\"%d\" height=\"%d\"/>\n", layout.width, layout.height);
	put_layer(picture, &layout, BOX_PAGE, BOX_ROOT, out);
	put_layer(picture, &layout, BOX_GROUP, BOX_GROUP, out);
	put_wires(&layout, out);
	put_layer(picture, &layout, BOX_PORT, BOX_TRAY, out);
	put_layer(picture, &layout, BOX_CELL_GROUP, BOX_CELL_GROUP, out);
	put_layer(picture, &layout, BOX_CELL, BOX_LEGEND, out);
	fputs("</svg>\n", out);
	return 0;
}

int picture_svg(const struct picture *picture, enum picture_theme theme, FILE *out)
{
	return svg_write(picture, theme, true, out);
}
