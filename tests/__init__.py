"""The tests; a package, because a library installs one of this name, which would hide them."""
