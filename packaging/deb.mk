# make deb               the packages, in build/deb, and what lintian says of them
# make deb-reproducible  two builds, as different as builds can be, give the same bytes
#
# `make test` has run the suites, so the build does not; with DEB_BUILD_OPTIONS= it runs those of them
# that need no server, as a builder of Debian's does.
DEB_OPTIONS = $(if $(filter undefined,$(origin DEB_BUILD_OPTIONS)),nocheck parallel=$(shell nproc),$(DEB_BUILD_OPTIONS))

.PHONY: deb deb-reproducible
deb: packages-build+packaging
	@mkdir -p '$(BUILD)'
	@DEB_BUILD_OPTIONS='$(DEB_OPTIONS)' packaging/deb-build '$(BUILD)/deb' >'$(BUILD)/deb.log' 2>&1 || \
	  { tail -n 40 '$(BUILD)/deb.log'; exit 1; }
	@tests/packaging/test_deb.sh '$(BUILD)/deb'

deb-reproducible: packages-build+packaging
	@tests/packaging/deb-reproducible '$(BUILD)/deb-twice'
