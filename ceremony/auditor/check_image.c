/* SPDX-License-Identifier: ISC */
/* What the machines said that ceremonies were held on: the image that they
 * were booted from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony/auditor/audit.h"
#include "transfer/text.h"

static bool
same(const struct audit_image *a, const struct audit_image *b)
{
	return a->there == b->there && image_equal(&a->image, &b->image);
}

void
check_image(struct audit *a)
{
	json_t *body = json_object_get(a->event->body, "image");
	struct audit_image next = { .line = a->event->seq + 1 };
	struct audit_image *images = a->images;

	snprintf(next.ceremony, sizeof(next.ceremony), "%s", a->event->cer);
	next.there = body != NULL;
	if (next.there && !image_of_body(body, &next.image))
		audit_here(a, "it does not tell of an image");
	/* resumed from the same one */
	if (a->image_count > 0 &&
	    strcmp(images[a->image_count - 1].ceremony, next.ceremony) == 0 &&
	    same(&images[a->image_count - 1], &next))
		return;
	images = reallocarray(images, a->image_count + 1, sizeof(*images));
	if (images == NULL) {
		a->report->findings.failed = true;
		return;
	}
	a->images = images;
	images[a->image_count++] = next;
}

bool
audit_one_image(const struct audit *a)
{
	for (size_t i = 1; i < a->image_count; i++)
		if (!same(&a->images[0], &a->images[i]))
			return false;
	return a->image_count > 0;
}

void
audit_images(struct audit *a, const uint8_t medium[32])
{
	for (size_t i = 0; i < a->image_count; i++) {
		const struct audit_image *m = &a->images[i];
		const char *why = NULL;

		if (!m->there)
			why = "says of no image that it ran from one";
		else if (!m->image.has_medium)
			why = "did not read its medium back";
		else if (memcmp(m->image.medium, medium, 32) != 0)
			why = "ran from another medium than the one given";
		if (why != NULL)
			report_finding(a->report,
			    "transcript.jsonl line %llu: ceremony %s %s",
			    (unsigned long long)m->line, m->ceremony, why);
	}
}

json_t *
audit_images_json(const struct audit *a)
{
	json_t *out = json_array();

	for (size_t i = 0; i < a->image_count; i++) {
		const struct audit_image *m = &a->images[i];
		json_t *image = m->there ? image_body(&m->image) : json_null();

		json_array_append_new(out,
		    json_pack("{s:s,s:I,s:o}", "ceremony", m->ceremony, "line",
			(json_int_t)m->line, "image", image));
	}
	return out;
}
