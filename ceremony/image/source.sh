#!/bin/sh
# source.sh TREE DIR: the tracked files of the work tree into DIR/src, and which
# they are into DIR/release: version, commit, time of the commit.  Files that
# differ from the commit go in as they are, and the commit says so.
set -eu
tree=$1 dir=$2
git() {
	command git -C "$tree" -c safe.directory='*' "$@"
}
commit=$(git rev-parse HEAD) || {
	echo "image: $tree is not a git work tree: the image says of which" \
	    "commit it is" >&2
	exit 1
}
git diff --quiet HEAD -- || commit=$commit-modified
mkdir -p "$dir/src"
git ls-files -z >"$dir/files"
tar -C "$tree" --null -T "$dir/files" -c | tar -C "$dir/src" -x
rm "$dir/files"
printf 'version=%s\ncommit=%s\nepoch=%s\n' \
    "$(sed -n 's/^VERSION = //p' "$tree/Makefile")" "$commit" \
    "$(git log -1 --format=%ct)" >"$dir/release"
