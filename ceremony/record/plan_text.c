/* SPDX-License-Identifier: ISC */
#include "ceremony/record/plan_text.h"

#include <string.h>

/* What all plans begin with.  A blank in < > is refused until it is
 * filled in. */
#define HEAD                                                                   \
	"# Fill in what stands between < and >, then:\n"                       \
	"#   anchorite plan check PLAN\n"                                      \
	"#   anchorite rehearse PLAN\n"                                        \
	"# anchorite-plan(5) explains every key.\n"                            \
	"\n"                                                                   \
	"plan: 1\n"                                                            \
	"# the name of this PKI's record, the same in all\n"                   \
	"# its ceremonies, as pki.example.org/fleet\n"                         \
	"log: <log origin>\n"                                                  \
	"# of this ceremony: a-z, 0-9, -, as 2026-12-genesis\n"                \
	"ceremony: <ceremony name>\n"                                          \
	"title: <one line for people>\n"                                       \
	"# on all that is signed, as 2026-12-01T09:00:00Z\n"                   \
	"date: <date>\n"                                                       \
	"\n"                                                                   \
	"roles:\n"                                                             \
	"  - {role: ceremony administrator, name: <administrator>}\n"          \
	"  - {role: witness, name: <witness>}\n"                               \
	"\n"                                                                   \
	"# module: softhsm, opensc, or a PKCS#11 module's path;\n"             \
	"# owner: the operator whose card it is; add serial:\n"                \
	"# once it is known\n"                                                 \
	"tokens:\n"                                                            \
	"  - {label: op-1, module: <module>, owner: <operator 1>}\n"           \
	"  - {label: op-2, module: <module>, owner: <operator 2>}\n"           \
	"  - {label: op-3, module: <module>, owner: <operator 3>}\n"

static const char genesis[] = HEAD
    "  - {label: root-1, module: <module>}\n"
    "  - {label: product-1, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # threshold: how many operators must meet, 2 to all of them (16)\n"
    "  - quorum:\n"
    "      threshold: 2\n"
    "      operators:\n"
    "        - {id: <operator 1>, name: <name of 1>, token: op-1}\n"
    "        - {id: <operator 2>, name: <name of 2>, token: op-2}\n"
    "        - {id: <operator 3>, name: <name of 3>, token: op-3}\n"
    "      # who keeps the words of the SO secret on paper\n"
    "      so:\n"
    "        threshold: 2\n"
    "        custodians: [<custodian 1>, <custodian 2>, <custodian 3>]\n"
    "      # another secret on paper, for keys on more than one token:\n"
    "      # backup:\n"
    "      #   threshold: 2\n"
    "      #   custodians: [Rita Sand, Sven Tal, Uwe Hall]\n"
    "\n"
    "  # one copy of a key is a risk that somebody accepts, with a reason\n"
    "  - root:\n"
    "      subject: <CN=... Root CA,O=...,C=...>\n"
    "      key: p384\n"
    "      years: 25\n"
    "      crl-days: 400\n"
    "      tokens: [root-1]\n"
    "      single-copy: accepted\n"
    "      reason: <why one copy is enough>\n"
    "\n"
    "  - product-ca:\n"
    "      issuer: root-1\n"
    "      subject: <CN=... Product CA 1,O=...,C=...>\n"
    "      sealer: <CN=... Product CA 1 Sealer,O=...,C=...>\n"
    "      key: p256\n"
    "      years: 20\n"
    "      crl-days: 90\n"
    "      tokens: [product-1]\n"
    "      single-copy: accepted\n"
    "      reason: <why one copy is enough>\n"
    "\n"
    "  # all that a station may ask for\n"
    "  - work-order:\n"
    "      token: product-1\n"
    "      # file from the factory, and the file it gets back\n"
    "      station: <line.station>\n"
    "      out: <line.order>\n"
    "      # the ids of its units, as \"[0-9A-F]{8}\"\n"
    "      pattern: \"<pattern>\"\n"
    "      # as CN=device-{id},O=Example Devices\n"
    "      subject: <subject with the id>\n"
    "      profile: device-tls\n"
    "      quota: <number of certificates>\n"
    "      expiry: <last date of requests>\n"
    "      receipts: <last date of receipts>\n";

static const char batch[] =
    HEAD "  - {label: product-1, module: <module>}\n"
	 "\n"
	 "steps:\n"
	 "  - batch:\n"
	 "      token: product-1\n"
	 "      # or, where copies of its key are to sign side by side:\n"
	 "      # tokens: [product-1, product-2]\n"
	 "      # file from the factory, and the file it gets back\n"
	 "      request: <line.request>\n"
	 "      out: <line.response>\n"
	 "      # validity of each certificate, 1 to 30\n"
	 "      years: <years>\n"
	 "      # leave out for a batch without a new CRL\n"
	 "      crl-days: 90\n"
	 "      # with a CRL units can be revoked:\n"
	 "      # revoke:\n"
	 "      #   - {id: 340A91FF, reason: keyCompromise}\n"
	 "      # a gap in the station's sequence of requests stops, unless:\n"
	 "      # accept-gap: why it is no loss\n";

static const char intermediate[] = HEAD
    "  - {label: root-1, module: <module>}\n"
    "  - {label: product-1, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # all that the certificate will say; nothing comes from the CSR but\n"
    "  # its key\n"
    "  - intermediate:\n"
    "      # the CA that certifies it, and one whose sealer seals the chain\n"
    "      token: root-1\n"
    "      sealer: product-1\n"
    "      # file from the other CA, and the files it gets back\n"
    "      csr: <partner.csr>\n"
    "      out: <partner.pem>\n"
    "      sealed: <partner.chain>\n"
    "      subject: <CN=... CA,O=...,C=...>\n"
    "      # p256, p384 or rsa\n"
    "      key: <key>\n"
    "      # if the other CA told it, SHA-256 of its SubjectPublicKeyInfo:\n"
    "      # key-sha256: 64 hexadecimal digits\n"
    "      # validity, 1 to 30\n"
    "      years: <years>\n"
    "      # how many CAs may stand below it\n"
    "      pathlen: 0\n"
    "      # names it may certify, and not: dns, email, ip, uri, dirname.\n"
    "      # Of a type that is not there it may certify all\n"
    "      permitted:\n"
    "        - dns <example.com>\n"
    "      # excluded: [ip 0.0.0.0/0, \"ip ::/0\"]\n"
    "      # what its certificates may be used for; leave out for anything\n"
    "      eku: [serverAuth, clientAuth]\n"
    "      # OIDs of certificate policies\n"
    "      # policies: [1.3.6.1.4.1.55555.1]\n";

static const char crl[] = HEAD
    "  - {label: product-1, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # for the root's CRL name the root's token instead\n"
    "  - crl:\n"
    "      token: product-1\n"
    "      out: <ca.crl>\n"
    "      crl-days: 90\n"
    "      # leave revoke out to renew the CRL only.  By id or by serial;\n"
    "      # reason: unspecified, keyCompromise, affiliationChanged,\n"
    "      # superseded, cessationOfOperation, privilegeWithdrawn\n"
    "      revoke:\n"
    "        - {id: <id of the unit>, reason: <reason>}\n";

static const char quorum_change[] = HEAD
    "  - {label: op-4, module: <module>, owner: <operator 4>}\n"
    "  - {label: root-1, module: <module>}\n"
    "  - {label: product-1, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # approved by as many of the present operators as have to meet now\n"
    "  - quorum-change:\n"
    "      # how many must meet from then on\n"
    "      threshold: 2\n"
    "      # all operators from then on; who is not listed leaves\n"
    "      operators:\n"
    "        - {id: <operator 1>, name: <name of 1>, token: op-1}\n"
    "        - {id: <operator 2>, name: <name of 2>, token: op-2}\n"
    "        - {id: <operator 3>, name: <name of 3>, token: op-3}\n"
    "        # joins, or has lost a card; a label never used before\n"
    "        - {id: <operator 4>, name: <name of 4>, token: op-4, card: new}\n"
    "        # another id, the same card:\n"
    "        # - {id: berta, name: Berta Lang, token: op-2, was: bert}\n"
    "      reason: <why it changes>\n"
    "      # CA tokens that are here and are keyed for the new quorum at\n"
    "      # once; any other is before its next use\n"
    "      tokens: [root-1, product-1]\n"
    "      # a new SO secret, for tokens made from then on:\n"
    "      # so:\n"
    "      #   threshold: 2\n"
    "      #   custodians: [Nora Lind, Otto Berg, Pia Stern]\n";

static const char recovery[] =
    HEAD "  - {label: root-1, module: <module>}\n"
	 "\n"
	 "steps:\n"
	 "  # a new PIN for a CA token, set with its SO PIN: custodians type\n"
	 "  # their words of the SO secret.  The keys on the token stay.\n"
	 "  - recovery:\n"
	 "      token: root-1\n"
	 "      reason: <why its PIN is of no use>\n";

static const char backup[] = HEAD
    "  - {label: product-1, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # the wrapped keys of a CA that is on several tokens, into a file: with\n"
    "  # custodians' words of the backup secret it is the keys\n"
    "  - backup:\n"
    "      token: product-1\n"
    "      out: <ca.backup>\n";

static const char restore[] = HEAD
    "  - {label: product-4, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # wrapped keys from such a file onto a blank token; its label is one\n"
    "  # that no token of this log has had\n"
    "  - restore:\n"
    "      token: product-4\n"
    "      from: <ca.backup>\n";

static const char destroy[] = HEAD
    "  - {label: product-1, module: <module>}\n"
    "\n"
    "steps:\n"
    "  # the keys on a CA token are destroyed for good, and the token shown\n"
    "  # to be empty; approved as any use of them\n"
    "  - destroy:\n"
    "      token: product-1\n"
    "      reason: <why>\n"
    "      # when no other token of this log has the CA's key:\n"
    "      # last-copy: accepted\n";

static const char retire[] = HEAD
    "\n"
    "steps:\n"
    "  # the keys on the card of somebody who is no operator any more are\n"
    "  # destroyed, with the PIN that its owner gives\n"
    "  - retire:\n"
    "      token: op-3\n"
    "      reason: <why>\n";

static const struct skeleton {
	const char *kind, *text;
} skeletons[] = {
	{ "genesis", genesis },
	{ "batch", batch },
	{ "intermediate", intermediate },
	{ "crl", crl },
	{ "quorum-change", quorum_change },
	{ "recovery", recovery },
	{ "backup", backup },
	{ "restore", restore },
	{ "destroy", destroy },
	{ "retire", retire },
};

const char *
plan_skeleton(const char *kind)
{
	size_t i;

	for (i = 0; i < sizeof(skeletons) / sizeof(skeletons[0]); i++) {
		if (strcmp(skeletons[i].kind, kind) == 0)
			return skeletons[i].text;
	}
	return NULL;
}
