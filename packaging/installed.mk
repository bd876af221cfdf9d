# make installed-test  the packages as an admin has them, in a fresh Debian 12 that boots; as root
#
# BOOT=nspawn or BOOT=qemu says how it boots; otherwise nspawn does, and qemu where nspawn cannot.
.PHONY: installed-test
installed-test: packages-installed deb
	@BOOT='$(BOOT)' tests/installed/run '$(BUILD)'
