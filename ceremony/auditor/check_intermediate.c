/* SPDX-License-Identifier: ISC */
/* CAs that others run, against the plan and against the CSR that came. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca/cert.h"
#include "ca/date.h"
#include "ceremony/auditor/audit.h"
#include "ceremony/record/csr_file.h"

static const struct plan_intermediate *
plan_of(const struct audit *a)
{
	if (a->plan == NULL || a->step == 0 ||
	    a->plan->steps[a->step - 1].kind != PLAN_INTERMEDIATE)
		return NULL;
	return &a->plan->steps[a->step - 1].u.intermediate;
}

static const struct history_intermediate *
standing(struct audit *a)
{
	const struct history_intermediate *i =
	    history_intermediate(a->history, a->history->ceremony, a->step);

	if (i == NULL)
		audit_here(a, "there is no CSR in this step");
	return i;
}

/* ---- the CSR -------------------------------------------------------------------- */

static void
check_key(struct audit *a, const struct plan_intermediate *p,
    const struct history_intermediate *i, const struct csr *csr)
{
	char hex[65];

	for (size_t k = 0; k < 32; k++)
		(void)snprintf(hex + 2 * k, 3, "%02x", csr->key.spki_sha256[k]);
	/* whoever read the file for the operators has lied */
	if (memcmp(csr->key.spki_sha256, i->spki_sha256, 32) != 0)
		audit_here(a,
		    "the key is not the one in the CSR: that has %.16s..", hex);
	if (p->key_sha256[0] != '\0' && strcmp(p->key_sha256, hex) != 0)
		audit_here(a, "the plan names another key than the CSR's");
}

/* Its file is an object; what it asks for was only shown. */
void
check_csr(struct audit *a)
{
	const struct plan_intermediate *p = plan_of(a);
	const struct history_intermediate *i;
	struct record_fault fault = { 0 };
	struct csr_file *f = malloc(sizeof(*f));
	uint8_t *file = NULL;
	size_t len = 0;

	if (p == NULL || f == NULL || (i = standing(a)) == NULL ||
	    (file = audit_object(a, i->csr, &len)) == NULL)
		audit_here(a, "the CSR cannot be compared");
	else if (csr_file_read(file, len, f, &fault) != RECORD_OK)
		audit_here(a, "the CSR: %s", fault.text);
	else
		check_key(a, p, i, &f->csr);
	free(file);
	free(f);
}

/* ---- the certificate --------------------------------------------------------- */

/* The first line of one text that the other has not; NULL: there is none. */
static const char *
not_in(const char *text, const char *other, size_t *len)
{
	for (; *text != '\0'; text += *len + 1) {
		const char *at = other;
		size_t n = 0;

		*len = strcspn(text, "\n");
		for (; *at != '\0'; at += n + 1) {
			n = strcspn(at, "\n");
			if (n == *len && memcmp(at, text, n) == 0)
				break;
		}
		if (*at == '\0')
			return text;
	}
	return NULL;
}

/* Field by field, for those who read findings. */
static void
compare_stated(struct audit *a, const char *plan, const char *cert)
{
	size_t len = 0;
	const char *line = not_in(cert, plan, &len);

	if (line != NULL)
		audit_here(a, "the certificate has \"%.*s\", the plan has not",
		    (int)len, line);
	if ((line = not_in(plan, cert, &len)) != NULL)
		audit_here(a, "the plan has \"%.*s\", the certificate has not",
		    (int)len, line);
}

struct said {
	char subject[SUBJECT_TEXT_MAX + 1], stated[STATED_TEXT_MAX + 1];
	int64_t from, to;
};

static bool
read_cert(X509 *cert, struct said *out)
{
	return subject_format(X509_get_subject_name(cert), out->subject) ==
	    CA_OK &&
	    cert_stated(cert, out->stated) == CA_OK &&
	    cert_dates(cert, &out->from, &out->to) == CA_OK;
}

/* The certificate is the one that the plan's step states, built again around
 * its key and serial: what it has beyond, shows. */
static void
compare(struct audit *a, const struct plan_intermediate *p, X509 *cert,
    const X509 *issuer)
{
	char text[STATED_TEXT_MAX + 1];
	struct said *said = calloc(1, sizeof(*said));
	struct cert_spec spec = { .profile = profile_find("intermediate"),
		.subject = p->subject,
		.issuer = issuer,
		.not_before = a->plan->date,
		.stated = text };
	uint8_t serial[20] = { 0 }, *spki = NULL, *der = NULL;
	size_t serial_len = 0, len = 0;
	enum ca_error err;

	if (said == NULL || !plan_stated(p, text) || !read_cert(cert, said) ||
	    key_to_spki(X509_get0_pubkey(cert), &spki, &spec.spki_len) !=
		CA_OK ||
	    cert_serial(cert, serial, &serial_len) != CA_OK ||
	    serial_len != SERIAL_SIZE || cert_der(cert, &der, &len) != CA_OK ||
	    date_end_of_years(spec.not_before, p->years, &spec.not_after) !=
		CA_OK) {
		audit_here(a, "the certificate says what none of ours does");
		goto out;
	}
	memcpy(spec.serial, serial, SERIAL_SIZE);
	spec.spki = spki;
	if (strcmp(said->subject, p->subject) != 0)
		audit_here(a, "the certificate's subject is %s, the plan's %s",
		    said->subject, p->subject);
	if (said->from != spec.not_before || said->to != spec.not_after)
		audit_here(a, "the certificate's validity is not the plan's");
	compare_stated(a, text, said->stated);
	err = cert_selfcheck(der, len, &spec);
	if (err != CA_OK)
		audit_here(a, "the certificate is not the plan's: %s",
		    ca_strerror(err));
out:
	OPENSSL_free(spki);
	OPENSSL_free(der);
	free(said);
}

/* Nor is it a device's, of those certified before. */
static void
check_devices(struct audit *a, const struct history_act *act)
{
	struct ledger_row row;

	if (audit_ledger_until(a, act->approval.act) &&
	    ledger_by_key(a->ledger, act->unique, &row))
		audit_here(a, "it is the key of device %s", row.id);
}

static void
check_kind(struct audit *a, const struct plan_intermediate *p,
    const EVP_PKEY *key)
{
	int curve = key_curve(key);
	const char *have = curve == NID_secp384r1 ? "p384"
	    : curve == NID_X9_62_prime256v1       ? "p256"
						  : "rsa";

	if (strcmp(have, p->key) != 0)
		audit_here(a, "the plan wants a %s key, it is %s", p->key,
		    have);
}

void
check_intermediate(struct audit *a, const struct history_act *act)
{
	const struct plan_intermediate *p = plan_of(a);
	const struct history_intermediate *i = standing(a);
	const struct history_token *t = audit_token(a, act);
	X509 *cert = NULL, *issuer = NULL;

	a->counts.certificates++;
	a->counts.intermediates++;
	if (p == NULL || i == NULL || t == NULL ||
	    (cert = audit_cert(a, i->cert)) == NULL ||
	    (issuer = audit_cert(a, t->keys[0].cert)) == NULL) {
		audit_here(a, "the certificate cannot be compared");
	} else {
		check_kind(a, p, X509_get0_pubkey(cert));
		compare(a, p, cert, issuer);
		check_devices(a, act);
	}
	X509_free(cert);
	X509_free(issuer);
}
