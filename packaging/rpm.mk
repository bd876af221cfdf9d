# make rpm: the source RPM, in build/rpm, and a look at the binary RPMs that come of it
.PHONY: rpm
rpm: packages-build+rpm
	@packaging/rpm/build '$(BUILD)/rpm'
	@TEST_DIR='$(BUILD)/rpm' tests/tools/run-suites tests/packaging/test_rpm.sh
