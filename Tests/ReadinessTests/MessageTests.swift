import Foundation
import Inventory
import TestHosts
import Testing
import Wording

@testable import Readiness

/// Every entry of data/messages, tried with its own samples: adding an entry adds its tests.
@Suite struct MessageTests {
    static let base: MessageBase? = try? MessageBase(MessageData.files)
    static let entries = base?.entries ?? []

    static func findings(_ text: String) throws -> MessageFindings {
        MessageFindings(Array(text.utf8), base: try #require(base))
    }

    static func ids(_ text: String) throws -> Set<String> { Set(try findings(text).findings.map(\.entry.id)) }

    // MARK: The data

    @Test func theDataOfThisBinaryCanBeRead() throws {
        let base = try MessageBase(MessageData.files)
        #expect(base.entries.count >= 220)
        let pairs = Set(base.entries.map { $0.cause.en + "\n" + $0.remedy.en })
        #expect(pairs.count == base.entries.count, "two entries with one cause and one remedy count once")
        #expect(base.entries.count { $0.role == .cause } >= 220)
    }

    /// Scripts know messages by these names since they were first listed.
    @Test func noNameIsLost() {
        let names = Set(Self.entries.map(\.id))
        for name in Self.firstNames { #expect(names.contains(name), "\(name) is gone") }
    }

    @Test(arguments: entries.indices)
    func anEntryIsWhole(_ index: Int) throws {
        let entry = Self.entries[index]
        let isQuestion = !entry.questions.isEmpty && entry.matches.isEmpty
        #expect(!entry.samples.isEmpty && !entry.near.isEmpty, "\(entry.id) has no samples")
        #expect(!entry.matches.isEmpty || isQuestion)
        #expect(!entry.found.isEmpty || isQuestion, "\(entry.id) was found nowhere")
        for source in entry.found {
            #expect(!source.literal.isEmpty)
            let isPackage = source.package != nil && source.version != nil && source.file != nil
            let isSource = source.repository != nil && source.file != nil
            #expect(isPackage || isSource || source.thread != nil, "\(entry.id): where was \(source.literal)?")
        }
        for text in [entry.cause, entry.remedy] {
            #expect(text.zh.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(entry.id): \(text.zh)")
            #expect(
                !text.en.unicodeScalars.contains { (0x3000...0x9FFF).contains($0.value) },
                "\(entry.id): \(text.en)"
            )
            #expect(!text.en.contains("as above"), "\(entry.id) refers to another entry")
            #expect(commands(text.en) == commands(text.zh), "\(entry.id): other commands in Chinese")
        }
        for check in entry.checks { #expect(Probes.isKnown(check), "\(entry.id): no check \(check)") }
        for other in entry.explains {
            #expect(Self.base?.entry(other) != nil && other != entry.id, "\(entry.id) explains \(other)")
        }
        for template in entry.templates {
            #expect(!MessageIndex.words(of: template).isEmpty, "\(template.text) has no word of four letters")
        }
    }

    private func commands(_ text: String) -> Set<String> {
        Set(
            text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        )
    }

    // MARK: Samples

    @Test(arguments: entries.indices)
    func samplesAreFoundAndNothingElse(_ index: Int) throws {
        let entry = Self.entries[index]
        for sample in entry.samples {
            let found = try Self.findings(sample)
            #expect(found.findings.contains { $0.entry.id == entry.id }, "\(entry.id): \(sample)")
            let roots = found.findings.filter { $0.role == .root }.map(\.entry.id)
            #expect(roots == (entry.role == .benign ? [] : [entry.id]), "\(entry.id): \(sample)")
            if entry.role != .benign { #expect(found.findings.first?.entry.id == entry.id) }
            #expect(found.findings.allSatisfy { !$0.isCut })
        }
    }

    @Test(arguments: entries.indices)
    func nearMissesAreNot(_ index: Int) throws {
        let entry = Self.entries[index]
        for text in entry.near {
            let found = try Self.findings(text).findings.filter { $0.entry.id == entry.id && !$0.isCut }
            #expect(found.isEmpty, "\(entry.id): \(text)")
        }
    }

    /// Every sample, as every kind of log writes it.
    @Test(arguments: entries.indices)
    func samplesAreFoundInEveryLog(_ index: Int) throws {
        let entry = Self.entries[index]
        guard !entry.matches.isEmpty else { return }
        for sample in entry.samples {
            for (kind, text) in LogForms.all(sample) {
                let found = try Self.findings(text).findings
                #expect(found.contains { $0.entry.id == entry.id && !$0.isCut }, "\(entry.id), \(kind): \(text)")
            }
        }
    }

    /// A line that ends after 60 of 100 bytes of the message's own words is found, and said to be cut off.
    @Test(arguments: entries.indices)
    func aLineThatWasCutOffIsFound(_ index: Int) throws {
        let entry = Self.entries[index]
        for sample in entry.samples where !sample.contains("\n") {
            guard let (short, isWhole) = CutLine.make(sample, entry), !Self.withoutWord.contains(entry.id) else {
                continue
            }
            let all = try Self.findings(short).findings
            let found = all.filter { $0.entry.id == entry.id }
            if found.isEmpty, let general = Self.generals[entry.id], all.contains(where: { $0.entry.id == general }) {
                continue
            }
            #expect(!found.isEmpty, "\(entry.id): \(short)")
            #expect(found.allSatisfy { $0.isCut != isWhole }, "\(entry.id): \(short)")
        }
    }

    /// What says why something failed stands at the end of these: without it, the answer is that it failed.
    private static let generals = [
        "qemu-getdevice-eacces": "qemu-getdevice", "qemu-getdevice-busy": "qemu-getdevice",
        "lv-module-forbidden": "lv-module", "qemu-mapdma-mem": "qemu-listener",
    ]
    /// Their only word of four letters is cut off, or the one without which they are about anything.
    private static let withoutWord: Set<String> = ["drm-bar0", "kvm-no-hw", "lv-closed", "lxc-device-perm"]

    static let firstNames = """
        kvm-bios-off vmx-bios-off kvm-no-hw kvm-access vhv-kvm libvirt-novfio libvirt-nopt libvirt-legacy
        libvirt-vfio-arg vhv-dmar vhv-kernel vhv-notcompiled dmar-none dmar-parse dmar-enabled-misread dmar-noatsr
        dmar-disabled dmar-gfxoff dmar-fault dmar-fwbug-rmrr dmar-rmrr-ineligible dmar-bios-addr ir-disabled
        vfio-no-ir amdvi-ioapic amdvi-iopf amdvi-iotlb amdvi-unknown amdvi-v2 noiommu bind-einval vfio-denylist
        vfio-badid vfio-ids-typo new-id-exists sysfs-nodev driverctl-noov driverctl-fail libvirt-override
        libvirt-unbind nvrm-usage vfio-inuse-blocked vfio-noreq drm-bar0 bar-efifb bar-claim qemu-notviable
        qemu-nogroup qemu-nodev qemu-open-container qemu-open-group qemu-setiommu-eperm qemu-getdevice qemu-mulas
        qemu-attached qemu-viommu-aw qemu-mapdma-mem kernel-memlock libvirt-memlock qemu-p2p qemu-listener
        qemu-noreset-dep qemu-noreset qemu-d3 qemu-rom rom-sig qemu-romfile qemu-romsys qemu-hotreset qemu-xvga
        igd-legacy igd-opregion igd-regions qemu-msix qemu-slow qemu-unrecov qemu-slot lv-notfound lv-inuse
        lv-notassignable lv-bridge lv-unmanaged lv-reset lv-busreset lv-hdr127 lv-slots lv-dupaddr lv-exists
        lv-migrate lv-iface-vf lv-vfmac lv-vfpf lv-mdev lv-closed lv-romnonpci usb-notfound usb-host-notfound
        usb-multi usb-inuse usb-disabled usb-qemu-open usb-desc usb-claim usb-bw usb-overcurrent sriov-mmio
        sriov-iovbar sriov-already sriov-partial sriov-nodrv sriov-assigned sriov-pfvfio sriov-left
        sriov-i915-disabled sriov-i915-param sriov-vftoken pci-d3 pci-notready pci-flrpending pci-resetoff
        vfio-resetrec aer irq-nobody irq-flags nic-link-lost nvme-down huge-alloc oom lockdown pve-noiommu
        pve-bindgroup pve-mapping pve-reset pve-nodev dracut-virqfd kmod-probe code43 nv-fallen cmd-unknown
        intel-opt docker-vfio kvm-memregion dmar-gfx-skip unraid-vfiobind sriov-ebusy
        """.split { $0 == " " || $0 == "\n" }.map(String.init)
}
