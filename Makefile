# The only commands a developer must know. Each installs what it needs and says so.
#   make build      the static release binary at dist/passthru (WEB=1 adds the web page)
#   make run        a practice machine: a device goes to a nested guest and comes back (IOMMU=amd for AMD-Vi)
#   make test       unit tests, the binary's gate, and the machines of the rig
#   make test-full  everything, with the long matrices
#   make mutants    deliberate faults in the protecting code, and which test sees each (ONLY=WORD for some of them)
#   make bench size package docs format
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

IOMMU ?= intel
TRAITS := $(if $(WEB),--traits Web,)
RELEASE := --configuration release --scratch-path .build-release $(TRAITS) --static-swift-stdlib \
	-Xswiftc -static-executable -Xswiftc -Osize -Xcc -Os -Xswiftc -use-ld=lld \
	-Xswiftc -Xclang-linker -Xswiftc -static-pie --disable-local-rpath \
	-Xlinker --no-eh-frame-hdr -Xlinker -T -Xlinker $(CURDIR)/Scripts/without-unwind.ld \
	-Xlinker --pack-dyn-relocs=relr -Xlinker -Map=$(CURDIR)/.build-release/passthru.map
TABLES := Sources/CLinux/tables/pci.names Sources/CLinux/tables/usb.names

.PHONY: build run test test-full mutants bench size package docs format lint tables clean unit

build: dist/passthru

# Names of PCI and USB devices, from the lists of the distribution.
tables: $(TABLES)

Sources/CLinux/tables/%.names: .build/tools/nametable
	@Scripts/install pci.ids usb.ids
	@mkdir -p $(@D)
	@list=/usr/share/misc/$*.ids; [[ -e $$list ]] || list=/var/lib/usbutils/$*.ids; $< "$$list" $@

.build/tools/nametable: Scripts/nametable.swift $(wildcard Sources/Formats/HardwareNames*.swift)
	@mkdir -p $(@D)
	swiftc -O $^ -o $@

dist/passthru: $(TABLES) Package.swift $(shell find Sources -name '*.swift' -o -name '*.[ch]' -o -name '*.uci' -o -name '*.json')
	@Scripts/install libc6-dev zlib1g-dev libexpat1-dev
	swift build $(RELEASE) --product passthru
	@mkdir -p dist
	objcopy --strip-all .build-release/release/passthru dist/passthru.new 2>/dev/null \
		|| strip --strip-all -o dist/passthru.new .build-release/release/passthru
	@mv dist/passthru.new dist/passthru
	@ls -l dist/passthru

# A program of the tests that runs inside the rig.
dist/transaction-probe: dist/passthru $(wildcard Tests/TransactionProbe/*.swift Tests/TestPlans/*.swift)
	swift build $(subst passthru.map,transaction-probe.map,$(RELEASE)) --product transaction-probe
	@strip --strip-all -o $@ .build-release/release/transaction-probe

run: dist/passthru
	@rig/practice $(IOMMU)

test: dist/passthru
	@Scripts/test

test-full: dist/passthru
	@Scripts/test --full

unit: $(TABLES)
	@Scripts/install zlib1g-dev libexpat1-dev
	swift test

mutants: $(TABLES)
	@Scripts/install python3 zlib1g-dev libexpat1-dev
	@Scripts/mutants

bench: dist/passthru
	@Scripts/bench

size: dist/passthru
	@Scripts/size

package docs: dist/passthru
	@Scripts/$@

format:
	swift format --in-place --recursive Sources Tests Scripts Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Tests Scripts Package.swift

clean:
	rm -rf .build .build-release .build-mutants dist $(TABLES)
