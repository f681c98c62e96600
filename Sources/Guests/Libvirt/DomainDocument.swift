public import Formats

/// The document of a libvirt domain (https://libvirt.org/formatdomain.html), to be read and edited.
///
/// An edit leaves every byte alone that is not passthru's. What passthru adds bears an alias that begins with
/// `ua-passthru-`; where the owner's bytes must give way they are kept in `<metadata>` and come back. What an edit of a
/// document did, ``detach(_:)`` takes back byte for byte; in one that libvirt has written anew since, whatever it means.
public struct DomainDocument: Sendable, Hashable {
    var xml: XMLDocument

    /// Reads a domain: what `virsh dumpxml` and `/etc/libvirt/qemu/NAME.xml` say, not the state of a running one in
    /// `/run/libvirt/qemu`, nor a snapshot.
    public init(_ bytes: [UInt8], limits: XMLLimits = XMLLimits()) throws(DomainError) {
        do throws(XMLError) {
            xml = try XMLDocument(bytes, limits: limits)
        } catch {
            throw DomainError(.malformed(error), line: error.line)
        }
        guard root.name == "domain", root.namespace == nil else {
            throw DomainError(.notADomain(root.name, namespace: root.namespace), line: root.line)
        }
        guard !name.isEmpty else { throw DomainError(.noName, line: root.line) }
    }

    public var bytes: [UInt8] { xml.bytes }

    var root: XMLElement { xml.root }

    /// The first child of the domain of that name, which no namespace has taken.
    func part(_ name: String) -> XMLElement? { root.children.first { $0.name == name && $0.namespace == nil } }

    /// Every device, of every `<devices>`.
    var devices: [XMLElement] {
        root.children.filter { $0.name == "devices" && $0.namespace == nil }.flatMap(\.children)
    }

    public var name: String { part("name")?.text ?? "" }

    /// What the domain says to QEMU itself, as it stands there: `<qemu:override>`, `<qemu:commandline>`,
    /// `<qemu:capabilities>`.
    public var specials: [[UInt8]] {
        root.children.filter { $0.namespace == DomainMarks.qemu }.map { Array(bytes[$0.range]) }
    }

    /// The number that libvirt gives a domain while it runs; nil in a configuration.
    public var runningID: String? { root["id"] }

    /// Nil as long as libvirt has not given it one.
    public var uuid: String? { part("uuid")?.text }

    /// `kvm`, or `qemu` without the processor's help; other hypervisors have other types.
    public var type: String? { root["type"] }

    /// The program that runs it.
    public var emulator: String? { devices.first { $0.name == "emulator" }?.text }

    /// The machine as it is written: `pc-q35-7.2`.
    public var machine: String? { part("os")?.child("type")?["machine"] }

    public var shape: GuestShape {
        GuestShape(machine: machineFamily, firmware: firmware, hasEmulatedVideo: hasEmulatedVideo)
    }

    /// Nil for other machines than PCs, and where libvirt chooses.
    public var machineFamily: MachineFamily? {
        switch pciRoot {
        case .express where isPC: .q35
        case .conventional where isPC: .i440fx
        default: nil
        }
    }

    private var isPC: Bool {
        guard let architecture = part("os")?.child("type")?["arch"] else { return true }
        return architecture == "x86_64" || architecture == "i686"
    }

    /// What the buses of a machine begin with.
    enum PCIRoot { case express, conventional }

    var pciRoot: PCIRoot? {
        if let machine {
            if machine == "q35" || machine.utf8.starts(with: "pc-q35".utf8) { return .express }
            if machine == "virt" || machine.utf8.starts(with: "virt-".utf8) { return .express }
            if machine == "pc" || machine.utf8.starts(with: "pc-".utf8) { return .conventional }
        }
        let models = devices.lazy.filter { $0.name == "controller" && $0["type"] == "pci" }.compactMap { $0["model"] }
        for model in models {
            if model == "pcie-root" { return .express }
            if model == "pci-root" { return .conventional }
        }
        return nil
    }

    /// Nil where a loader is named that may be either.
    private var firmware: GuestFirmware? {
        guard let os = part("os") else { return nil }
        if let firmware = os["firmware"] { return firmware == "efi" ? .uefi : firmware == "bios" ? .bios : nil }
        if let loader = os.child("loader") { return loader["type"] == "pflash" ? .uefi : nil }
        return isPC ? .bios : nil
    }

    /// A guest with graphics but without a display gets one from libvirt.
    private var hasEmulatedVideo: Bool? {
        let videos = devices.filter { $0.name == "video" }
        guard videos.isEmpty else { return videos.contains { $0.child("model")?["type"] != "none" } }
        return devices.contains { $0.name == "graphics" }
    }
}
