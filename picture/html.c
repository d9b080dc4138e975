// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A page around the SVG: a search box, a panel with the details of what is pointed at or chosen, and a PF's VFs
 * unfolded in it. All of it is in the one file; the script (page.js) reads the model as JSON, builds text nodes only,
 * and runs from file:// without a network. Without script the picture is still there, with its titles.
 */
#include <errno.h>

#include "picture/svg.h"

struct page_colors {
	const char *page, *panel, *line, *ink, *soft, *accent;
};

static const struct page_colors light_colors = { "#f8fafc", "#ffffff", "#b6c2d1", "#0f172a", "#475569", "#1d4ed8" };
static const struct page_colors dark_colors = { "#0b1220", "#1d2a40", "#4a5a75", "#e8edf5", "#a9b6c9", "#8ab4ff" };

static const char style[] =
#include "picture/page.css.inc"
	;

static const char script[] =
#include "picture/page.js.inc"
	;

static void put_page_colors(FILE *out, const struct page_colors *colors)
{
	fprintf(out,
		"body,header{background:%s;color:%s;border-color:%s}aside{background:%s;border-color:%s}\n"
		"input,button{background:%s;color:%s;border-color:%s}dt,header span{color:%s}a.jump{color:%s}\n"
		".box[tabindex]:focus-visible>rect:first-of-type,.box.chosen>rect:first-of-type{stroke:%s}\n",
		colors->page, colors->ink, colors->line, colors->panel, colors->line, colors->panel, colors->ink,
		colors->line, colors->soft, colors->accent, colors->accent);
}

static void put_head(const struct picture *picture, enum picture_theme theme, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	      "content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
	      "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>PCI topology of ",
		out);
	picture_put_xml(out, picture->host);
	fputs("</title>\n<style>\n", out);
	fputs(style, out);
	put_page_colors(out, theme == PICTURE_DARK ? &dark_colors : &light_colors);
	if (theme == PICTURE_AUTO) {
		fputs("@media screen and (prefers-color-scheme:dark){\n", out);
		put_page_colors(out, &dark_colors);
		fputs("}\n", out);
	}
	fputs("</style>\n</head>\n", out);
}

/* In a script element only "<" could end it early; in JSON it is within strings alone, where this means the same. */
static void put_json(FILE *out, const char *json)
{
	for (; *json; json++) {
		if (*json == '<')
			fputs("\\u003c", out);
		else
			fputc(*json, out);
	}
}

int picture_html(const struct picture *picture, enum picture_theme theme, const char *json, FILE *out)
{
	put_head(picture, theme, out);
	fputs("<body>\n<header><h1>", out);
	picture_put_xml(out, picture->host);
	fputs("</h1><span id=\"count\" role=\"status\"></span><input id=\"search\" type=\"search\" "
	      "placeholder=\"address, name, driver, guest ... ( / )\" aria-label=\"search\"><button "
	      "id=\"fit\" aria-pressed=\"false\">fit width</button></header>\n<main>\n",
		out);
	if (svg_write(picture, theme, false, out) < 0)
		return -ENOMEM;
	fputs("</main>\n<aside aria-live=\"polite\"></aside>\n<script type=\"application/json\" id=\"model\">", out);
	put_json(out, json);
	fputs("</script>\n<script>\n", out);
	fputs(script, out);
	fputs("</script>\n</body>\n</html>\n", out);
	return 0;
}
