"""What every bundle carries along: the script that checks it, and a guide to checking by hand."""
