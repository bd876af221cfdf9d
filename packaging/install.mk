# make install DESTDIR=...   what a package holds, each thing where the agent or its reader looks for it
#
# PREFIX moves the program, its manual, its completions and what the units start. DATADIR and SYSCONFDIR
# are where the agent looks by itself: who moves them must say so to it, by `definitions:` and --config.
# Settings that are there already are kept.

DESTDIR     ?=
PREFIX      ?= /usr
BINDIR      ?= $(PREFIX)/bin
MANDIR      ?= $(PREFIX)/share/man
DOCDIR      ?= $(PREFIX)/share/doc/service-ping
BASHDIR     ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR      ?= $(PREFIX)/share/zsh/vendor-completions
DATADIR     ?= /usr/share/service-ping
SYSCONFDIR  ?= /etc
UNITDIR     ?= /usr/lib/systemd/system
SYSUSERSDIR ?= /usr/lib/sysusers.d
TMPFILESDIR ?= /usr/lib/tmpfiles.d

PUT := install -p -m 644

# put FOLDER,FILES: nothing, not even the folder, when there is no such file
define put
$(if $(strip $(2)),install -d -m 755 '$(DESTDIR)$(1)' && $(PUT) $(2) '$(DESTDIR)$(1)')
endef

# settle FOLDER,FILE: settings, unless somebody has theirs there
define settle
$(if $(strip $(2)),install -d -m 755 '$(DESTDIR)$(1)' && \
  { [ -e '$(DESTDIR)$(1)/$(notdir $(2))' ] || $(PUT) $(2) '$(DESTDIR)$(1)'; })
endef

# settings_of NAME: its file, and the folder for more of them
define settings_of
$(call settle,$(SYSCONFDIR)/$(1),$(wildcard packaging/$(1).yml))
install -d -m 755 '$(DESTDIR)$(SYSCONFDIR)/$(1)/$(1).yml.d'
endef

MANUAL   := $(wildcard packaging/man/*.[1-8])
SECTIONS := $(sort $(subst .,,$(suffix $(MANUAL))))
DATA     := $(sort $(shell find definitions -name '*.yml'))
UNITS    := $(wildcard packaging/systemd/*.service)

.PHONY: install
install: $(AGENT)
	install -d -m 755 '$(DESTDIR)$(BINDIR)'
	install -p -m 755 $(AGENT) '$(DESTDIR)$(BINDIR)/service-ping'
	for file in $(DATA); do $(PUT) -D "$$file" '$(DESTDIR)$(DATADIR)'/"$$file" || exit 1; done
	$(call put,$(DATADIR)/schemas,$(wildcard schemas/*.json))
	$(foreach n,$(SECTIONS),$(call put,$(MANDIR)/man$(n),$(filter %.$(n),$(MANUAL))) &&) :
	for file in $(wildcard packaging/completions/*.bash); do \
	  $(PUT) -D "$$file" '$(DESTDIR)$(BASHDIR)'/"$$(basename "$$file" .bash)" || exit 1; done
	for file in $(wildcard packaging/completions/*.zsh); do \
	  $(PUT) -D "$$file" '$(DESTDIR)$(ZSHDIR)'/_"$$(basename "$$file" .zsh)" || exit 1; done
	$(call settings_of,service-ping)
	$(call settings_of,service-ping-receiver)
	$(call put,$(UNITDIR),$(UNITS))
	for file in $(notdir $(UNITS)); do \
	  sed -i 's,^\(Exec[A-Za-z]*=\)/usr/bin/,\1$(BINDIR)/,' '$(DESTDIR)$(UNITDIR)'/"$$file" || exit 1; done
	$(call settle,$(SYSCONFDIR)/systemd/system/service-ping.service.d,$(wildcard packaging/systemd/credentials.conf))
	$(call put,$(SYSUSERSDIR),$(wildcard packaging/systemd/sysusers.d/*.conf))
	$(call put,$(TMPFILESDIR),$(wildcard packaging/systemd/tmpfiles.d/*.conf))
	$(call put,$(DOCDIR),$(wildcard docs/*.md))
	$(call put,$(DOCDIR)/examples,$(filter-out packaging/service-ping.yml packaging/service-ping-receiver.yml,$(wildcard packaging/*.yml)))
