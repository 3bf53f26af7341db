"""The tests, by room; a package, because a library installs a package of this name, which would hide them."""
