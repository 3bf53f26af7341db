"""The pages, one file each, in the order in which their parts are drawn."""
