# shellcheck shell=sh
# For scripts that source this: an apt of our own, beside the host's.  It takes
# from the host which mirrors there are (and how they are reached), and nothing
# of what is installed, pinned or preferred there.

archive_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# mirrors: "URI suite" of each of Debian's own archives that the host's apt
# knows.  What is not signed with Debian's keys is refused in apt_private.
mirrors() {
	# shellcheck disable=SC2016 # for apt to expand
	apt-get indextargets \
	    --format '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(REPO_URI)' |
	    awk '$1 == "Packages" && $2 == "main" &&
	    $3 ~ /^bookworm(-updates|-security)?$/ { print $4, $3 }' | sort -u
}

# suites_unknown: a line for each of Debian's suites that the host's apt does not
# know; true when there is one
suites_unknown() {
	known=$(mirrors | cut -d' ' -f2)
	unknown=1
	for suite in bookworm bookworm-updates bookworm-security; do
		echo "$known" | grep -qx "$suite" && continue
		echo "image: this host's apt does not know Debian's $suite:" \
		    "add it to its sources"
		unknown=0
	done
	return $unknown
}

# apt_private DIR: $apt is the command line that DIR's apt begins with
apt_private() {
	mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	mirrors | awk -v key=$archive_keys '{
		print "deb [arch=amd64 signed-by=" key "] " $1 " " $2 " main"
	}' >"$1/sources.list"
	! suites_unknown >&2 || return 1
	# shellcheck disable=SC2034 # for who sources this
	apt="-qq -o Dir::Etc::SourceList=$1/sources.list
	    -o Dir::Etc::SourceParts=/dev/null
	    -o Dir::Etc::Preferences=/dev/null
	    -o Dir::Etc::PreferencesParts=/dev/null
	    -o Dir::State=$1/state -o Dir::State::status=$1/status
	    -o Dir::Cache=$1/cache -o APT::Default-Release=
	    -o APT::Architecture=amd64 -o APT::Architectures=amd64
	    -o Acquire::ForceHash=SHA256 -o APT::Sandbox::User=root"
}
