#!/bin/sh
# source.sh TREE DIR: the tracked files of the work tree into DIR/src, and which
# they are into DIR/release: version, commit, time of the commit.  Files that
# differ from the commit go in as they are, and the commit says so.
set -eu
tree=$1 dir=$2
git() {
	command git -C "$tree" -c safe.directory='*' -c core.quotePath=false "$@"
}
commit=$(git rev-parse HEAD) || {
	echo "image: $tree is not a git work tree: the image says of which" \
	    "commit it is" >&2
	exit 1
}
mkdir -p "$dir/src"
dir=$(cd "$dir" && pwd)
git ls-files -z >"$dir/files"
tar -C "$tree" --null -T "$dir/files" -c | tar -C "$dir/src" -x

# Octets count, those that were copied: to git a tree may be as committed whose
# line ends it changed, or a file that it was told to take as unchanged.
git ls-tree -r HEAD | sed 's/^[0-9]* blob //' >"$dir/committed"
(cd "$dir/src" && find . ! -type d) | sed 's|^\./||' | LC_ALL=C sort >"$dir/names"
sed "s|^|$dir/src/|" "$dir/names" | git hash-object --no-filters --stdin-paths |
    paste - "$dir/names" | cmp -s - "$dir/committed" || commit=$commit-modified

rm "$dir/files" "$dir/committed" "$dir/names"
printf 'version=%s\ncommit=%s\nepoch=%s\n' \
    "$(sed -n 's/^VERSION = //p' "$tree/Makefile")" "$commit" \
    "$(git log -1 --format=%ct)" >"$dir/release"
